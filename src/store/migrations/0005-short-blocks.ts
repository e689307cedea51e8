/** What short blocks add: their bytes lie in the database, so that many small writes share its fsyncs. */
export const shortBlocksSchema = `
-- bytes of the blocks whose encoding is 'row', plain
create table block_bytes (
  digest blob not null unique,
  bytes blob not null
) strict;
`
