import { describeError } from '../../src/lib/fault.ts'
import { Document } from './document.ts'

/** What a program of a bench can be asked. */
export type Answers = Readonly<Record<string, (input: Document) => Promise<Readonly<Record<string, unknown>>>>>

/** Answers what the bench that started this process asks; the process ends with the bench. */
export function serveParent(answers: Answers): void {
  if (process.send === undefined) throw new Error('this program is started by a bench: run npm run bench')
  const send = process.send.bind(process)
  process.on('disconnect', () => process.exit(0))
  process.on('message', (message) => {
    const request = Document.parse(message, 'bench')
    const id = request.number('id')
    const answer = Object.hasOwn(answers, request.text('name')) ? answers[request.text('name')] : undefined
    const output =
      answer === undefined ? Promise.reject(new Error(`no such question: ${request.text('name')}`)) : answer(request.document('input'))
    output.then(
      (value) => send({ id, output: value }),
      (error: unknown) => send({ id, error: error instanceof Error ? (error.stack ?? describeError(error)) : describeError(error) }),
    )
  })
}
