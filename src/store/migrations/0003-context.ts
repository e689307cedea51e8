/** What context adds: resources and their versions, as journals say them, and the text that is searched. */
export const contextSchema = `
-- context: one row for each resource that any version names; last is 0 while none of them counts
create table context_resource (
  id integer primary key,
  hive text not null,
  -- canonical address without the temporal segment
  resource text not null,
  agent text not null,
  role text not null,
  project text not null,
  task text not null,
  path text not null,
  -- versions from first can be read; 1 to last are known without a gap
  first integer not null default 1,
  last integer not null default 0,
  -- of the newest version: its content (null for a deletion), the writer's wall time, the writer
  cid text,
  at integer not null default 0,
  node text not null default '',
  -- 1 when times do not grow with numbers, or a number was given twice: only what several nodes wrote, or one that lies
  is_unordered integer not null default 0,
  unique (hive, resource)
) strict;
create index context_resource_project on context_resource (hive, project, resource);
create index context_resource_agent on context_resource (hive, agent);
create index context_resource_cid on context_resource (cid);
create table context_version (
  resource integer not null references context_resource (id),
  version integer not null,
  entry text not null,
  node text not null,
  owner text not null,
  at integer not null,
  cid text,
  media_type text not null,
  size integer not null,
  metadata text not null,
  -- versions below this may be dropped, its writer says
  keeps integer not null,
  -- 0 while the writer's owner has no right to the agent name, as far as known
  counts integer not null,
  primary key (resource, version, entry)
) strict, without rowid;
create index context_version_at on context_version (resource, at);
create index context_version_entry on context_version (entry);
-- few are sealed, and they are looked for whenever who may open them changes
create index context_version_sealed on context_version (resource) where media_type = 'application/vnd.age';
-- context: the newest key of each node that content can be sealed to, as its own journal says it
create table context_seal_key (
  hive text not null,
  node text not null,
  epoch integer not null,
  recipient text not null,
  -- the node's wall time when it said so
  at integer not null,
  primary key (hive, node)
) strict, without rowid;
create index context_version_cid on context_version (cid, resource) where cid is not null;
-- context: members that signed for content of kept versions; at is our own wall time when they did
create table context_copy (
  hive text not null,
  cid text not null,
  node text not null,
  at integer not null,
  primary key (hive, cid, node)
) strict, without rowid;
-- context: what this node announced that it provides, and does again until it is let go; at is our wall time of the newest announcement
create table context_announced (
  hive text not null,
  resource text not null,
  at integer not null,
  primary key (hive, resource)
) strict, without rowid;
-- context: the certificate each node spoke by, as its journal says it
create table context_certificate (
  hive text not null,
  node text not null,
  owner text not null,
  serial integer not null,
  primary key (hive, node)
) strict, without rowid;
-- context: agent names of those certificates; since is the wall time of the entry that began it, is_used whether a version by it followed
create table context_name (
  hive text not null,
  agent text not null,
  node text not null,
  owner text not null,
  since integer not null,
  is_used integer not null,
  primary key (hive, agent, node)
) strict, without rowid;
create index context_name_node on context_name (hive, node);
-- context: whether an owner has or had the right to an agent name under which its nodes wrote
create table context_right (
  hive text not null,
  agent text not null,
  owner text not null,
  holds integer not null,
  primary key (hive, agent, owner)
) strict, without rowid;
-- context: words of path and metadata of the newest version, by context_resource.id
create virtual table context_word using fts5 (words, tokenize = 'unicode61 remove_diacritics 2');
-- context: text of content that is the newest of some resource and is here; rebuilt by nothing, so kept when the view is
create table context_text_row (
  id integer primary key,
  cid text not null unique
) strict;
create virtual table context_text using fts5 (text, tokenize = 'unicode61 remove_diacritics 2');
`
