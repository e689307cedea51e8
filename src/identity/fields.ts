import type { OwnerId, PeerId } from './keys.ts'
import { parseOwnerId, parsePeerId } from './keys.ts'

/** A decoded map with exactly the given keys, as own properties; undefined for anything else. */
export function readMap(value: unknown, keys: readonly string[]): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) return undefined
  const entries = Object.entries(value)
  const isExact = entries.length === keys.length && keys.every((key) => Object.hasOwn(value, key))
  return isExact ? new Map(entries) : undefined
}

/** Well-formed text of at most `max` UTF-16 units without control characters; undefined for anything else. */
export function readText(value: unknown, max: number): string | undefined {
  if (typeof value !== 'string' || value.length > max || !value.isWellFormed()) return undefined
  return hasControl(value) ? undefined : value
}

/** Well-formed text of several lines, at most `max` UTF-16 units: of control characters line feeds and tabs alone; undefined for anything else. */
export function readParagraphs(value: unknown, max: number): string | undefined {
  if (typeof value !== 'string' || value.length > max || !value.isWellFormed()) return undefined
  return /[\p{Cc}--[\n\t]]/v.test(value) ? undefined : value
}

/** A list of at most `max` things that `read` takes, without doubles; undefined for anything else. */
export function readList<T>(value: unknown, max: number, read: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > max) return undefined
  const items: T[] = []
  for (const item of value as readonly unknown[]) {
    const taken = read(item)
    if (taken === undefined) return undefined
    items.push(taken)
  }
  return new Set(items).size === items.length ? items : undefined
}

/** A whole number from 0 to 2^53 - 1. */
export function readCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** Bytes of exactly this length. */
export function readBytes(value: unknown, length: number): Uint8Array | undefined {
  return value instanceof Uint8Array && value.byteLength === length ? value : undefined
}

/** An owner id. */
export function readOwnerId(value: unknown): OwnerId | undefined {
  return typeof value === 'string' ? parseOwnerId(value) : undefined
}

/** A peer id. */
export function readPeerId(value: unknown): PeerId | undefined {
  return typeof value === 'string' ? parsePeerId(value) : undefined
}

function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x20 || unit === 0x7f) return true
  }
  return false
}
