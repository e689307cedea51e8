import { test } from 'node:test'
import { installSteps, killInstall, killPublish, publishSteps } from '../e2e/crash-scenes.ts'

test('F1: a publish killed at any of its steps is whole or absent after it, and the same publish again makes it whole', (t) =>
  killPublish(t, publishSteps))

test('F1: an install killed at any of its steps leaves the old package or the new one, and the same install again the new one', (t) =>
  killInstall(t, installSteps))
