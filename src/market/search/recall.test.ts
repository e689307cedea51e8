import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededChance } from '../../lib/chance.ts'
import { openShelf } from '../testing/shelf.ts'
import { mistype, typoKinds } from '../testing/typos.ts'

const names = `code-review rust-web axum agent-memory kubernetes-operator graphql-api-template sparql-cli pull-request-writer
  changelog-from-commits postgres-migrations incident-report unit-test-generator dockerfile-linter terraform-modules meeting-notes
  invoice-parser academic-bibliography data-pipeline knowledge-graph latex-thesis release-notes security-audit api-gateway
  observability-platform risk-management workflow-engine search-indexing document-management product-recommendations
  inventory-management medical-billing robo-advisor identity-access supply-chain trading-platform schema-forge`.split(/\s+/)

test('a name with one letter swapped, missing, added or wrong is found: first nine times of ten, among five nearly always', async (t) => {
  await using shelf = openShelf()
  await shelf.put(...names.map((name) => ({ name })))
  const seed = 20_251_116
  const chance = createSeededChance(seed)
  for (const kind of typoKinds) {
    const places = names.map((name) =>
      shelf
        .find(mistype(name, kind, chance), { limit: 5 })
        .map((hit) => hit.replace('?', ''))
        .indexOf(name),
    )
    const [first, five] = [
      places.filter((place) => place === 0).length / names.length,
      places.filter((place) => place >= 0).length / names.length,
    ]
    t.diagnostic(`${kind}: ${names.length} names, rank 1 ${first.toFixed(3)}, rank 5 ${five.toFixed(3)}, seed ${seed}`)
    assert.ok(first >= 0.9, `${kind}: ${first} at rank 1, seed ${seed}`)
    assert.ok(five >= 0.97, `${kind}: ${five} at rank 5, seed ${seed}`)
  }
})
