import { fireEvent, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { renderPage } from '../../tests/render';
import { Histogram } from './Histogram';

const spans = Array.from({ length: 10 }, (_, i) => ({
  at: new Date(Date.UTC(2026, 10, 22, 0, 30 + i)).toISOString(),
  counts: i === 4 ? {} : { sent: 100 + i, ...(i === 3 ? { failed: 7 } : {}) },
}));
const accepted = spans.map((_, i) => 200 + i);

const minute = (from: number, to: number) => [`2026-11-22T00:3${from}:00.000Z`, `2026-11-22T00:${30 + to}:00.000Z`];

function show() {
  const onSelect = vi.fn();
  renderPage(<Histogram label="By minute" spans={spans} spanSeconds={60} accepted={accepted} onSelect={onSelect} />);
  return { onSelect, slider: screen.getByRole('slider', { name: 'Choose a time' }) };
}

describe('Histogram', () => {
  // Ten bars of 10 px each.
  beforeEach(() => {
    vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 100, 100));
  });

  it('says what it shows, by state', () => {
    show();
    const figure = screen.getByRole('figure', { name: 'By minute' });
    expect(within(figure).getByText('Accepted').parentElement).toHaveTextContent('Accepted941');
    expect(within(figure).getByText('Failed').parentElement).toHaveTextContent('Failed7');
    expect(within(figure).getByText('Received').parentElement).toHaveTextContent('Received2,045');
    expect(within(figure).queryByText('Expired')).toBeNull();
  });

  it('selects what the mouse is dragged over, in either direction', () => {
    const { onSelect, slider } = show();
    fireEvent.pointerDown(slider, { clientX: 55, button: 0, pointerType: 'mouse' });
    fireEvent.pointerMove(slider, { clientX: 25, pointerType: 'mouse' });
    expect(slider).toHaveAttribute('aria-valuetext', '2026-11-22 09:32 – 09:36: Received 814, Accepted 310, Failed 7');
    fireEvent.pointerUp(slider, { clientX: 25, pointerType: 'mouse' });
    expect(onSelect.mock.calls).toEqual([minute(2, 6)]);
  });

  it('selects the bar that is clicked', () => {
    const { onSelect, slider } = show();
    fireEvent.pointerDown(slider, { clientX: 99, button: 0, pointerType: 'mouse' });
    fireEvent.pointerUp(slider, { clientX: 99, pointerType: 'mouse' });
    expect(onSelect.mock.calls).toEqual([minute(9, 10)]);
  });

  it('shows a bar at the first touch, and selects it at the second', () => {
    const { onSelect, slider } = show();
    const tap = () => {
      fireEvent.pointerDown(slider, { clientX: 35, button: 0, pointerType: 'touch' });
      fireEvent.pointerUp(slider, { clientX: 35, pointerType: 'touch' });
    };
    tap();
    expect(onSelect).not.toHaveBeenCalled();
    expect(screen.getByText('2026-11-22 09:33 – 09:34')).toBeVisible();
    tap();
    expect(onSelect.mock.calls).toEqual([minute(3, 4)]);
  });

  it('leaves a touch alone that becomes a scroll', () => {
    const { onSelect, slider } = show();
    fireEvent.pointerDown(slider, { clientX: 35, button: 0, pointerType: 'touch' });
    fireEvent.pointerCancel(slider, { pointerType: 'touch' });
    fireEvent.pointerUp(slider, { clientX: 35, pointerType: 'touch' });
    expect(onSelect).not.toHaveBeenCalled();
  });

  it('is worked by keys', async () => {
    const { onSelect, slider } = show();
    const user = userEvent.setup();
    slider.focus();
    await user.keyboard('{Home}{ArrowRight}{ArrowRight}');
    expect(slider).toHaveAttribute('aria-valuenow', '3');
    expect(slider).toHaveAttribute('aria-valuetext', '2026-11-22 09:32 – 09:33: Received 202, Accepted 102');
    await user.keyboard('{Shift>}{ArrowRight}{ArrowRight}{/Shift}{Enter}');
    expect(onSelect.mock.calls).toEqual([minute(2, 5)]);
    await user.keyboard('{ArrowLeft}{Escape}{Enter}');
    expect(onSelect).toHaveBeenCalledTimes(1);
  });

  it('is a table too', async () => {
    const { onSelect } = show();
    const user = userEvent.setup();
    await user.click(screen.getByRole('button', { name: 'Show as a table' }));
    const rows = within(screen.getByRole('table')).getAllByRole('row');
    expect(rows).toHaveLength(11);
    expect(rows[7]).toHaveTextContent('2026-11-22 09:33 – 09:34' + '203' + '103' + '7');
    await user.click(screen.getByRole('button', { name: 'Show 2026-11-22 09:33 – 09:34 in the log' }));
    expect(onSelect.mock.calls).toEqual([minute(3, 4)]);
    await user.click(screen.getByRole('button', { name: 'Show as a chart' }));
    expect(screen.getByRole('slider')).toBeInTheDocument();
  });

  it('says that there was nothing', () => {
    renderPage(
      <Histogram label="x" spans={[{ at: '2026-11-22T00:30:00Z', counts: {} }]} spanSeconds={60} onSelect={vi.fn()} />,
    );
    expect(screen.getByText('Nothing was received in this time')).toBeVisible();
  });
});
