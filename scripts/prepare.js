import { createRequire } from 'node:module'

/**
 * Run by npm after an install in a clone. Plain JavaScript, because `npm ci --omit=dev` leaves out both the bundler and the Node that
 * runs TypeScript: then nothing is built, and the command runs from src/.
 */
try {
  createRequire(import.meta.url).resolve('rolldown')
  await import('./build.ts')
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') throw error
  console.log('nothing is built: the bundler is not installed. The command runs from src/, which needs Node 24 or newer')
}
