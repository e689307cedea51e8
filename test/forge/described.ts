import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import type { RealServer } from './gitea-server.ts'

const file = new URL('../vectors/forge-gitea.json', import.meta.url)

/** Whether a real Gitea still describes what the imitated one is held against. */
export function runDescription({ url }: RealServer): void {
  test('gitea: what the imitated one takes and answers stands in the description that a real one serves', async () => {
    const answer = await fetch(`${url}/swagger.v1.json`)
    assert.equal(answer.status, 200)
    const described = (await answer.json()) as JsonObject
    const { paths, responses, definitions } = JSON.parse(readFileSync(file, 'utf8')) as JsonObject
    assert.deepEqual(lacks(described, { paths: paths ?? {}, responses: responses ?? {}, definitions: definitions ?? {} }, ''), [])
  })
}

/** What of a part does not stand in a whole, or stands there otherwise. Lists are without order. */
function lacks(whole: Json | undefined, part: Json, at: string): readonly string[] {
  if (isList(part)) {
    const items = isList(whole) ? whole : []
    return part.flatMap((item, index) => (items.some((each) => lacks(each, item, at).length === 0) ? [] : [`${at}[${index}]`]))
  }
  if (typeof part !== 'object' || part === null) return whole === part ? [] : [at]
  const there: JsonObject = typeof whole === 'object' && whole !== null && !isList(whole) ? whole : {}
  return Object.entries(part).flatMap(([name, each]) =>
    Object.hasOwn(there, name) ? lacks(there[name], each, `${at}/${name}`) : [`${at}/${name}`],
  )
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}
