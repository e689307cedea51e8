import { globSync } from 'node:fs'

/** Loads every file of `rules/` and `ucxl/`, so that one that no test looks at counts as uncovered. */
const root = new URL('..', import.meta.url)
const files = globSync(['src/**/rules/**/*.ts', 'src/ucxl/**/*.ts'], { cwd: root.pathname })
for (const file of files.filter((path) => !path.endsWith('.test.ts'))) await import(new URL(file, root).href)
