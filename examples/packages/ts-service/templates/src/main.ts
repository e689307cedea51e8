import { openService } from './service.ts'

const port = Number(process.env['PORT'] ?? 8080)
const service = await openService({ port, host: '0.0.0.0', maxBodyBytes: 1_048_576, requestTimeoutMs: 10_000 })
console.log(`listening on ${service.port}`)

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.once(name, () => {
    void service[Symbol.asyncDispose]()
  })
}
