import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, formatResource } from './format.ts'
import { importAddress } from './import-older.ts'
import { UcxlError } from './ucxl-error.ts'

const rewritten: readonly (readonly [older: string, address: string])[] = [
  ['bzzz://Claude:reviewer@shop:cart-42/notes/why.md', 'ucxl://claude:reviewer@shop:cart-42/*^/notes/why.md'],
  ['bzzz://a:b@c:d', 'ucxl://a:b@c:d/*^'],
  ['BZZZ://a:b@c:d?q=1', 'ucxl://a:b@c:d/*^'],
  ['claude/reviewer/shop/cart-42/1754577000', 'ucxl://claude:reviewer@shop:cart-42/2025-08-07T14:30:00.000Z'],
  ['claude/reviewer/shop/cart-42/walnut/1754577000', 'ucxl://claude:reviewer@shop:cart-42/2025-08-07T14:30:00.000Z/walnut'],
  ['ucxl://a:b@c:d/~~/x', 'ucxl://a:b@c:d/~~1/x'],
]

for (const [older, address] of rewritten) {
  test(`${older} is rewritten as ${address}`, () => {
    assert.equal(formatAddress(importAddress(older)), address)
  })
}

test('an imported address has no other raw form than the one that is written', () => {
  assert.equal(importAddress('bzzz://a:b@c:d/x').raw, 'ucxl://a:b@c:d/*^/x')
})

test('what is no notation at all is refused', () => {
  for (const input of ['bzzz://a', 'a/b/c/d', 'a/b/c/d/999999999999', 'a b/c/d/e/1', 'x'.repeat(3000), '']) {
    assert.throws(() => importAddress(input), UcxlError, input.slice(0, 30))
  }
})

test('a resource is named without its time', () => {
  assert.equal(formatResource(importAddress('ucxl://a:b@c:d/~~3/x/y?q#f')), 'ucxl://a:b@c:d/x/y')
  assert.equal(formatResource(importAddress('ucxl://a:b@c:d/~~3')), 'ucxl://a:b@c:d')
})
