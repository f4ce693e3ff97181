import TableCell from '@mui/material/TableCell';

/** A cell whose text never makes its row higher; all of it is in its tooltip. */
export function ShortCell({ text }: { text?: string }) {
  return (
    <TableCell title={text} sx={{ maxWidth: 150, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
      {text}
    </TableCell>
  );
}

/** Cells of a column that stays in sight at the right, however narrow the page is. */
export const stickyRight = { position: 'sticky', right: 0, bgcolor: 'background.paper' } as const;
