import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathsFrom } from '../screen.ts'
import { render } from './render.ts'

const same = (text: string): string => text
const plain = { strong: same, faint: same, good: same, bad: same, name: same, path: pathsFrom('/home/ada') }

test('what init wrote, and what to type next, is said from the working folder; what lies elsewhere as it is', () => {
  const init = (folder: string): string =>
    render(
      'marketplace.init',
      {
        ...{ name: 'notes', kind: 'skill', path: folder, files: ['SKILL.md'] },
        hint: `write into ${folder}/SKILL.md; then \`althing publish ${folder}\``,
      },
      plain,
    )
  assert.equal(
    init('/home/ada/notes'),
    'notes started as a skill in ./notes\n  SKILL.md\n→ write into ./notes/SKILL.md; then `althing publish ./notes`',
  )
  assert.match(init('/home/ada'), /in \.\n.*\n→ write into \.\/SKILL\.md; then `althing publish \.`$/)
  assert.match(init('/home/ada-s/notes'), /in \/home\/ada-s\/notes\n/)
  assert.match(init('/home/ada/..notes'), /in \.\/\.\.notes\n/)
})
