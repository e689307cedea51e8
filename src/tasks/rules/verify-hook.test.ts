import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { encodeText } from '../../lib/bytes.ts'
import { formatHookSecret, signHook } from './sign-hook.ts'
import type { HookMessage } from './verify-hook.ts'
import { verifyHook } from './verify-hook.ts'

/** The example of GitHub's documentation. */
const github = {
  secret: "It's a Secret to Everybody",
  payload: 'Hello, World!',
  signature: 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
}
/** The example of the Standard Webhooks' own libraries. */
const standard = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  payload: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}
const hex = github.signature.slice('sha256='.length)

function messageOf(body: string, headers: Readonly<Record<string, string>>): HookMessage {
  return { body: encodeText(body), header: (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined) }
}

test('F22: the example of GitHub’s documentation is genuine, and is named by its delivery', () => {
  const headers = { 'x-hub-signature-256': github.signature, 'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958' }
  assert.deepEqual(verifyHook('github', messageOf(github.payload, headers), github.secret), {
    verdict: 'genuine',
    delivery: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  })
})

test('F22: Gitea signs in bare hex, and GitLab by the Standard Webhooks or with the token itself', () => {
  const { secret, id, timestamp, payload, signature } = standard
  const signed = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,AAAA ${signature}` }
  const verdicts = [
    verifyHook('gitea', messageOf(github.payload, { 'x-gitea-signature': hex, 'x-gitea-delivery': 'one' }), github.secret),
    verifyHook('gitlab', messageOf(payload, signed), secret),
    verifyHook('gitlab', messageOf('{}', { 'x-gitlab-token': secret, 'idempotency-key': 'two' }), secret),
    verifyHook('gitlab', messageOf('{}', { 'x-gitlab-token': secret, 'x-gitlab-event-uuid': 'three' }), secret),
  ]
  assert.deepEqual(
    verdicts.map((each) => (each.verdict === 'genuine' ? each.delivery : each.verdict)),
    ['one', id, 'two', 'three'],
  )
})

test('F22: a delivery without a name, or with one that is none, goes by what it says', () => {
  const sign = (body: string): string => createHmac('sha256', 'secret').update(body).digest('hex')
  const deliver = (body: string, name: Readonly<Record<string, string>>) =>
    verifyHook('gitea', messageOf(body, { 'x-gitea-signature': sign(body), ...name }), 'secret')
  const [plain, spaced, long, other] = [
    deliver('{"a":1}', {}),
    deliver('{"a":1}', { 'x-gitea-delivery': 'a b' }),
    deliver('{"a":1}', { 'x-gitea-delivery': 'a'.repeat(101) }),
    deliver('{"a":2}', {}),
  ]
  assert.equal(plain.verdict, 'genuine')
  assert.deepEqual([spaced, long], [plain, plain])
  assert.notDeepEqual(other, plain)
})

const forged: readonly (readonly [string, Parameters<typeof verifyHook>])[] = [
  ['no signature', ['github', messageOf(github.payload, {}), github.secret]],
  ['another body', ['github', messageOf('Hello, World?', { 'x-hub-signature-256': github.signature }), github.secret]],
  ['another secret', ['github', messageOf(github.payload, { 'x-hub-signature-256': github.signature }), 'secret']],
  ['an empty secret', ['gitea', messageOf('{}', { 'x-gitea-signature': createHmac('sha256', '').update('{}').digest('hex') }), '']],
  ['a short signature', ['github', messageOf(github.payload, { 'x-hub-signature-256': github.signature.slice(0, -2) }), github.secret]],
  ['a signature of sha1', ['github', messageOf(github.payload, { 'x-hub-signature': github.signature }), github.secret]],
  ['the signature of another forge', ['gitea', messageOf(github.payload, { 'x-hub-signature-256': github.signature }), github.secret]],
  ['hex that is none', ['gitea', messageOf(github.payload, { 'x-gitea-signature': 'z'.repeat(64) }), github.secret]],
  ['an empty token', ['gitlab', messageOf('{}', { 'x-gitlab-token': '' }), 'secret']],
  ['the beginning of the token', ['gitlab', messageOf('{}', { 'x-gitlab-token': 'secre' }), 'secret']],
  [
    'another time',
    [
      'gitlab',
      messageOf(standard.payload, {
        'webhook-id': standard.id,
        'webhook-timestamp': '1614265331',
        'webhook-signature': standard.signature,
      }),
      standard.secret,
    ],
  ],
  ['no id', ['gitlab', messageOf(standard.payload, { 'webhook-signature': standard.signature }), standard.secret]],
  [
    'a signature behind too many others',
    [
      'gitlab',
      messageOf(standard.payload, {
        'webhook-id': standard.id,
        'webhook-timestamp': standard.timestamp,
        'webhook-signature': `${'v1,AAAA '.repeat(4)}${standard.signature}`,
      }),
      standard.secret,
    ],
  ],
  ['a repository and nothing more', ['git', messageOf(github.payload, { 'x-hub-signature-256': github.signature }), github.secret]],
]

for (const [what, given] of forged)
  test(`F22: ${what} is refused`, () => {
    assert.deepEqual(verifyHook(...given), { verdict: 'refused' })
  })

test('a secret that is made here signs by its bytes, and any other text by its letters', () => {
  const key = Uint8Array.from({ length: 32 }, (_, index) => index)
  assert.equal(formatHookSecret(key), 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=')
  const { id, timestamp, payload, secret, signature } = standard
  assert.equal(signHook({ id, timestamp, body: encodeText(payload) }, secret), signature)
  const plain = createHmac('sha256', 'plain').update(`${id}.${timestamp}.${payload}`).digest('base64')
  assert.equal(signHook({ id, timestamp, body: encodeText(payload) }, 'plain'), `v1,${plain}`)
})
