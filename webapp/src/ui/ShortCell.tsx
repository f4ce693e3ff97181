import TableCell from '@mui/material/TableCell';

/** A cell whose text never makes its row higher; all of it is in its tooltip. */
export function ShortCell({ text }: { text?: string }) {
  return (
    <TableCell title={text} sx={{ maxWidth: 150, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
      {text}
    </TableCell>
  );
}

/** Cells of a column that stays in sight at the right where the page is narrow. */
export const stickyRight = {
  position: { xs: 'sticky', lg: 'static' },
  right: 0,
  bgcolor: { xs: 'background.paper', lg: 'transparent' },
} as const;

/** And of its head, in a table whose head stays in sight too. */
export const stickyCorner = { position: 'sticky', right: 0, zIndex: 3, bgcolor: 'background.paper' } as const;
