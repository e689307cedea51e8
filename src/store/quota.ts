import { storeFaults } from './faults.ts'

/** Bytes on disk, counted before they are written, so that puts under way together cannot overrun the limit. */
export class Quota {
  readonly maxBytes: number
  #used: number

  /** `maxBytes` 0 is no limit. */
  constructor(maxBytes: number, used: number) {
    this.maxBytes = maxBytes
    this.#used = used
  }

  get used(): number {
    return this.#used
  }

  /** @throws Fault QUOTA_EXCEEDED */
  take(bytes: number): void {
    if (this.maxBytes > 0 && this.#used + bytes > this.maxBytes) {
      const message =
        `content uses ${this.#used} of ${this.maxBytes} bytes and ${bytes} more do not fit; ` +
        'free some with `althing store gc`, or raise content.maxDiskBytes'
      throw storeFaults.create('QUOTA_EXCEEDED', { message, data: { used: this.#used, max: this.maxBytes, wanted: bytes } })
    }
    this.#used += bytes
  }

  giveBack(bytes: number): void {
    this.#used -= bytes
  }
}
