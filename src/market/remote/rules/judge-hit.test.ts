import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTextQuery } from '../../search/rules/query.ts'
import type { SearchedDocument } from '../../search/rules/terms.ts'
import { filterOf, isAnswer } from './judge-hit.ts'

const ada = 'z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH'
const axum: SearchedDocument = {
  name: 'axum-web',
  description: 'A server for HTTP',
  keywords: ['async'],
  category: 'net',
  kind: 'tool',
  owner: ada,
  authors: ['Ada Lovelace'],
  licence: 'MIT',
  isYanked: false,
}

function answers(query: string, wanted: Partial<Parameters<typeof filterOf>[0]> = {}): boolean {
  return isAnswer(axum, parseTextQuery(query), filterOf({ keyword: [], ...wanted }))
}

test('a package answers a word that it has, that begins one of its words, or that is near one', () => {
  for (const query of ['axum', 'server', 'serv', 'axmu', 'axumweb', 'axum-web', 'nothing but axum', '']) assert.ok(answers(query), query)
  for (const query of ['garden', 'q']) assert.ok(!answers(query), query)
})

test('a package that does not meet the filter answers nothing', () => {
  assert.ok(answers('axum', { kind: 'tool', category: 'Net', keyword: ['async'], license: 'mit', author: 'lovelace' }))
  assert.ok(answers('axum', { author: ada }))
  for (const wanted of [
    { kind: 'skill' },
    { category: 'web' },
    { keyword: ['sync'] },
    { license: 'Apache-2.0' },
    { author: 'bob' },
  ] as const)
    assert.ok(!answers('axum', wanted), JSON.stringify(wanted))
  assert.ok(!isAnswer({ ...axum, isYanked: true }, parseTextQuery('axum'), filterOf({ keyword: [] })))
})
