/**
 * Writes `test/vectors/forge-gitea.json`: of the description that a Gitea serves at `/swagger.v1.json`, what Althing asks and reads.
 *
 * `node scripts/gitea-vector.ts swagger.v1.json`
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Json, JsonObject } from '../src/lib/json.ts'

const vector = new URL('../test/vectors/forge-gitea.json', import.meta.url)

const repo = '/repos/{owner}/{repo}'

/** What is asked. */
const operations: Readonly<Record<string, readonly string[]>> = {
  '/user': ['get'],
  [`${repo}/assignees`]: ['get'],
  [`${repo}/commits/{ref}/status`]: ['get'],
  [`${repo}/issues`]: ['get'],
  [`${repo}/issues/comments/{id}`]: ['patch'],
  [`${repo}/issues/{index}`]: ['get', 'patch'],
  [`${repo}/issues/{index}/comments`]: ['get', 'post'],
  [`${repo}/issues/{index}/labels`]: ['get', 'post'],
  [`${repo}/issues/{index}/labels/{id}`]: ['delete'],
  [`${repo}/labels`]: ['post'],
  [`${repo}/pulls`]: ['get', 'post'],
  [`${repo}/pulls/{index}`]: ['get'],
  [`${repo}/pulls/{index}/reviews`]: ['get'],
  [`${repo}/pulls/{index}/reviews/{id}/comments`]: ['get'],
}

/** What is read of each answer, and sent in each body: all that stands here, an imitated Gitea answers. */
const properties: Readonly<Record<string, readonly string[]>> = {
  CombinedStatus: ['state', 'statuses', 'total_count'],
  Comment: ['body', 'id', 'updated_at', 'user'],
  CommitStatus: ['context', 'description', 'status'],
  CreateIssueCommentOption: ['body'],
  CreateLabelOption: ['color', 'name'],
  CreatePullRequestOption: ['base', 'body', 'head', 'title'],
  EditIssueCommentOption: ['body'],
  EditIssueOption: ['assignees', 'state'],
  Issue: ['assignees', 'body', 'html_url', 'labels', 'number', 'pull_request', 'state', 'title', 'updated_at', 'user'],
  IssueLabelsOption: ['labels'],
  Label: ['id', 'name'],
  PRBranchInfo: ['label', 'ref', 'repo', 'sha'],
  PullRequest: ['base', 'body', 'draft', 'head', 'html_url', 'mergeable', 'merged', 'number', 'state', 'title', 'updated_at'],
  PullRequestMeta: ['merged'],
  PullReview: ['body', 'comments_count', 'commit_id', 'dismissed', 'id', 'state', 'submitted_at', 'user'],
  PullReviewComment: ['body', 'original_position', 'path', 'position', 'updated_at', 'user'],
  Repository: ['full_name'],
  ReviewStateType: [],
  StateType: [],
  User: ['login'],
}

/** What of a schema says which values there are. */
const words = ['$ref', 'enum', 'format', 'in', 'items', 'name', 'required', 'schema', 'type']

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('which file? node scripts/gitea-vector.ts swagger.v1.json')
writeFileSync(vector, `${JSON.stringify(prune(JSON.parse(readFileSync(file, 'utf8')) as JsonObject), undefined, 2)}\n`)

function prune(swagger: JsonObject): JsonObject {
  const paths = Object.entries(operations).map(([path, methods]): [string, Json] => {
    const there = get(get(swagger, 'paths'), path)
    return [path, Object.fromEntries(methods.map((method) => [method, pruneOperation(get(there, method))]))]
  })
  const answers = new Set(paths.flatMap(([, each]) => refsIn(each, '#/responses/')))
  const definitions = Object.entries(properties).map(([name, names]): [string, Json] => {
    const there = get(get(swagger, 'definitions'), name)
    const own = Object.fromEntries(names.map((property) => [property, pick(get(get(there, 'properties'), property))]))
    return [name, { ...pick(there), ...(names.length === 0 ? {} : { properties: own }) }]
  })
  const pruned = {
    swagger: swagger['swagger'] ?? '',
    info: { version: get(swagger, 'info')['version'] ?? '' },
    paths: Object.fromEntries(paths),
    responses: Object.fromEntries(
      [...answers].toSorted().map((name): [string, Json] => [name, pick(get(get(swagger, 'responses'), name))]),
    ),
    definitions: Object.fromEntries(definitions),
  }
  for (const name of refsIn(pruned, '#/definitions/'))
    if (properties[name] === undefined) throw new Error(`what is read of ${name}? Say so in this script`)
  return pruned
}

function pruneOperation({ parameters, ...operation }: JsonObject): JsonObject {
  const responses = Object.entries(get(operation, 'responses')).map(([status, each]): [string, Json] => [status, pick(each)])
  return { ...(Array.isArray(parameters) ? { parameters: parameters.map(pick) } : {}), responses: Object.fromEntries(responses) }
}

/** What of a schema is kept, and of the schemas within. */
function pick(schema: Json): JsonObject {
  const kept = Object.entries(objectOf(schema, 'a schema')).filter(([name]) => words.includes(name))
  return Object.fromEntries(kept.map(([name, value]) => [name, name === 'items' || name === 'schema' ? pick(value) : value]))
}

function refsIn(value: Json, root: string): readonly string[] {
  return [...JSON.stringify(value).matchAll(/"\$ref":"([^"]+)"/g)]
    .map(([, ref = '']) => ref)
    .filter((ref) => ref.startsWith(root))
    .map((ref) => ref.slice(root.length))
}

function get(parent: JsonObject, name: string): JsonObject {
  return objectOf(parent[name], name)
}

function objectOf(value: Json | undefined, name: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`this Gitea describes no ${name}`)
  return value as JsonObject
}
