import TableCell from '@mui/material/TableCell';

/** A cell whose text never makes its row higher; all of it is in its tooltip. */
export function ShortCell({ text }: { text?: string }) {
  return (
    <TableCell title={text} sx={{ maxWidth: 150, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
      {text}
    </TableCell>
  );
}
