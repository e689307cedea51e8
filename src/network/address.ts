import type { PeerId } from '../identity/keys.ts'
import { parsePeerId } from '../identity/keys.ts'
import { networkFaults } from './faults.ts'
import { judgeAddress } from './rules/address.ts'

/** A multiaddr that can be dialled or listened on. */
export interface Address {
  readonly text: string
  /** Whom it leads to, where it says so. */
  readonly peer: PeerId | undefined
  /** The TCP port, where it has one. */
  readonly port: number | undefined
  readonly isRelayed: boolean
}

/** Reads a multiaddr from outside. @throws Fault ADDRESS_INVALID with the reason */
export function parseAddress(text: string): Address {
  const judged = judgeAddress(text)
  const shown = text.slice(0, 200)
  if (judged.verdict === 'invalid') {
    throw networkFaults.create('ADDRESS_INVALID', {
      message: `"${shown}" is no address: ${judged.reason}`,
      data: { address: shown, reason: judged.reason },
    })
  }
  const peer = judged.peer === undefined ? undefined : parsePeerId(judged.peer)
  if (judged.peer !== undefined && peer === undefined) {
    const reason = `"${judged.peer}" is not the id of an Ed25519 node key`
    throw networkFaults.create('ADDRESS_INVALID', { message: `"${shown}" is no address: ${reason}`, data: { address: shown, reason } })
  }
  return { text, peer, port: judged.port, isRelayed: judged.isRelayed }
}
