import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { encodeText } from '../../lib/bytes.ts'
import { silentLog } from '../../lib/log.ts'
import type { Project, ProjectId } from '../task.ts'
import { parseProjectId } from '../task.ts'
import { HookReceiver } from './hook-receiver.ts'

const id = parseProjectId('git.example.org/team/shop') ?? assert.fail()
const project: Project = { id, url: 'https://git.example.org/team/shop', forge: 'gitea', base: 'main' }

function openReceiver(secret: string | undefined = 'secret') {
  const prompted: ProjectId[] = []
  const receiver = new HookReceiver({
    listProjects: () => [project],
    findSecret: async () => secret,
    prompt: (each) => prompted.push(each),
    log: silentLog,
  })
  const deliver = (delivery: string, { signedWith = 'secret', name = String(id) } = {}) => {
    const body = encodeText(`{"action":"opened","delivery":"${delivery}"}`)
    const headers = new Map([
      ['x-gitea-delivery', delivery],
      ['x-gitea-signature', createHmac('sha256', signedWith).update(body).digest('hex')],
    ])
    return receiver.receive(name, { body, header: (header) => headers.get(header) })
  }
  return { prompted, deliver }
}

test('F22: a webhook prompts a look at its project once, however often and in whatever order it comes', async () => {
  const { deliver, prompted } = openReceiver()
  assert.deepEqual(await Promise.all([deliver('2'), deliver('1'), deliver('2')]), ['heard', 'heard', 'repeated'])
  assert.equal(await deliver('1'), 'repeated')
  assert.deepEqual(prompted, [id, id])
})

test('F22: what is forged, for another project, or for one without a secret prompts nothing', async () => {
  const { deliver, prompted } = openReceiver()
  assert.equal(await deliver('1', { signedWith: 'guess' }), 'refused')
  assert.equal(await deliver('1', { name: 'git.example.org/team/other' }), 'refused')
  assert.equal(await deliver('1', { name: '__proto__' }), 'refused')
  const without = openReceiver('')
  assert.equal(await without.deliver('1', { signedWith: '' }), 'refused')
  assert.deepEqual([prompted, without.prompted], [[], []])
  // a forged one takes no name from a genuine one
  assert.equal(await deliver('1'), 'heard')
})

test('F22: what is remembered of deliveries is bounded, and the oldest goes first', async () => {
  const { deliver } = openReceiver()
  for (let count = 0; count < 1_001; count++) await deliver(`delivery-${count}`)
  assert.deepEqual([await deliver('delivery-1'), await deliver('delivery-0')], ['repeated', 'heard'])
})
