import { writeFileSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import type { RequestPermissionRequest } from '@agentclientprotocol/sdk'
import { agent, methods, ndJsonStream, PROTOCOL_VERSION, RequestError } from '@agentclientprotocol/sdk'

/**
 * An agent that speaks the Agent Client Protocol over its standard streams and does what its one argument says. For tests and
 * demonstrations: no model stands behind it.
 */
const behaviour = process.argv[2] ?? 'done'
let folder = '.'
if (behaviour === 'cannot-start') {
  process.stderr.write('no node here\n')
  process.exit(3)
}

const app = agent({ name: 'scripted' })
  .onRequest(methods.agent.initialize, () => ({ protocolVersion: behaviour === 'old' ? 0 : PROTOCOL_VERSION, agentCapabilities: {} }))
  .onRequest(methods.agent.session.new, ({ params }) => {
    if (behaviour === 'says-nothing') return new Promise<never>(() => setInterval(() => {}, 1_000))
    if (behaviour === 'is-logged-out') throw RequestError.authRequired(undefined, 'log in first')
    folder = params.cwd
    return { sessionId: 'one' }
  })
  .onRequest(methods.agent.session.prompt, async ({ params: { sessionId }, client }) => {
    const say = (text: string): Promise<void> =>
      client.notify(methods.client.session.update, {
        sessionId,
        update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } },
      })
    if (behaviour === 'hangs') return new Promise<never>(() => setInterval(() => {}, 1_000))
    if (behaviour === 'crashes') process.exit(7)
    if (behaviour === 'ends-with-75') process.exit(75)
    if (behaviour === 'garbage') {
      process.stdout.write('this is no message\n{"jsonrpc": \n')
      process.exit(0)
    }
    if (behaviour === 'endless') for (;;) await say('and on '.repeat(1_000))
    if (behaviour === 'refuses') return { stopReason: 'refusal' }
    if (behaviour === 'odd-bytes') process.stderr.write(Buffer.from([0xff, 0x0a]))
    if (behaviour === 'writes-garbage') writeOutcome('{"outcome":"done","title":')
    if (behaviour === 'gives-up')
      end({ outcome: 'failed', reason: process.env['ALTHING_TASK'] === 'issue-7' ? 'there is nothing to do' : 'no task is named' })
    if (behaviour === 'is-unavailable') end({ outcome: 'unavailable', reason: 'the model is overloaded' })
    if (behaviour === 'asks-person') end({ outcome: 'needs-human', reason: 'which database?' })
    if (behaviour === 'done') {
      const toolCall = { toolCallId: 'edit-1', title: 'write hello.txt', kind: 'edit' as const }
      const options = [
        { optionId: 'yes', name: 'Yes', kind: 'allow_once' as const },
        { optionId: 'no', name: 'No', kind: 'reject_once' as const },
      ]
      const question: RequestPermissionRequest = { sessionId, toolCall, options }
      const { outcome } = await client.request(methods.client.session.requestPermission, question)
      if (outcome.outcome !== 'selected' || outcome.optionId !== 'yes') return { stopReason: 'refusal' }
      await client.notify(methods.client.session.update, { sessionId, update: { sessionUpdate: 'tool_call', ...toolCall } })
      writeFileSync(`${folder}/hello.txt`, 'hello\n')
      const update = {
        sessionUpdate: 'tool_call_update' as const,
        toolCallId: 'edit-1',
        kind: 'edit' as const,
        title: toolCall.title,
        status: 'completed' as const,
      }
      await client.notify(methods.client.session.update, { sessionId, update })
      await say('It says hello.')
      end({ outcome: 'done', title: 'Say hello', summary: 'It says hello.', decision: 'a file', why: 'asked for' })
    }
    return { stopReason: 'end_turn' }
  })
  .onNotification(methods.agent.session.cancel, () => {})

function end(outcome: object): void {
  writeOutcome(JSON.stringify(outcome))
}

function writeOutcome(text: string): void {
  writeFileSync(process.env['ALTHING_OUTCOME'] ?? '', text)
}

app.connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>))
