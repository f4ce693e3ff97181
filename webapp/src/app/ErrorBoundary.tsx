import { Component, type ReactNode } from 'react';
import { ErrorPage } from './ErrorPage';

type State = { error: unknown };

/** Shows what is in it, or the error page if that fails. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render() {
    return this.state.error ? <ErrorPage error={this.state.error} /> : this.props.children;
  }
}
