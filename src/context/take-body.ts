import { contextFaults } from './faults.ts'

/** A body on its way to the disk, held to its bound; the beginning is kept for the search. */
export interface TakenBody {
  readonly chunks: AsyncIterable<Uint8Array>
  /** The whole as text, once it was read: undefined when it is longer than the search takes, or no text. */
  readonly text: () => string | undefined
}

export interface BodyLimits {
  readonly maxBodyBytes: number
  readonly maxTextBytes: number
}

/** Passes bytes on as they come. @throws Fault CONTEXT_TOO_LARGE from the chunk that goes past the bound */
export function takeBody(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, mediaType: string, limits: BodyLimits): TakenBody {
  const kept: Uint8Array[] = []
  let size = 0
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      size += chunk.byteLength
      needBodySize(size, limits)
      if (size <= limits.maxTextBytes) kept.push(chunk)
      else kept.length = 0
      yield chunk
    }
  }
  const isKept = (): boolean => size > 0 && size <= limits.maxTextBytes && isTextType(mediaType)
  return { chunks: chunks(), text: () => (isKept() ? decodeText(kept) : undefined) }
}

/** Nothing, unless a body is longer than is taken. @throws Fault CONTEXT_TOO_LARGE */
export function needBodySize(size: number, { maxBodyBytes }: Pick<BodyLimits, 'maxBodyBytes'>): void {
  if (size > maxBodyBytes) throw tooLarge(maxBodyBytes)
}

/** Whether content of a media type is looked at as text. */
export function isTextType(mediaType: string): boolean {
  return /^(?:text\/|application\/(?:[a-z0-9.-]+\+)?(?:json|xml|yaml|toml|javascript)\b)/i.test(mediaType)
}

/** Bytes as text, when they are UTF-8. */
export function decodeText(chunks: readonly Uint8Array[]): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    return undefined
  }
}

function tooLarge(maxBytes: number): Error {
  return contextFaults.create('CONTEXT_TOO_LARGE', {
    message: `the content is longer than ${maxBytes} bytes, the most this node takes as one version; raise context.maxBodyBytes, or split it`,
    data: { maxBytes },
  })
}
