import { hash } from 'node:crypto'
import type { HiveId } from '../../journal/entry.ts'
import type { Reader, Transaction } from '../../store/database.ts'
import { nearnessOfNames } from '../rules/look-alike.ts'
import { piecesNear, piecesOf } from '../rules/name-pieces.ts'
import type { PackageKey } from './word-table.ts'

/** Packages with a name like another that are looked at, at most: of a name that everybody copies the rest says no more. */
const maxNear = 64

/** Keeps the pieces of a package's name; `id` is `package.id`. */
export function putPieces(tx: Transaction, id: number, name: string): void {
  for (const piece of piecesOf(name)) tx.run('insert or ignore into package_piece (key, package) values (?, ?)', keyOfPiece(piece), id)
}

/** Forgets the pieces of a package's name. */
export function removePieces(tx: Transaction, id: number, name: string): void {
  for (const piece of piecesOf(name)) tx.run('delete from package_piece where key = ? and package = ?', keyOfPiece(piece), id)
}

/** Forgets the pieces of a hive's names; to be called while its packages are there. */
export function resetPieces(tx: Transaction, hive: HiveId): void {
  // One walk over all pieces is faster than looking up three of each name.
  tx.run('delete from package_piece where package in (select id from package where hive = ?)', hive)
}

/** A package of the index, as names are compared. */
export interface NamedPackage {
  readonly owner: PackageKey['owner']
  readonly name: string
  readonly versions: number
}

/** Packages of a hive whose names may be mistaken for one; those with most versions where there are very many. */
export function findNearNames(reader: Reader, hive: HiveId, name: string): readonly NamedPackage[] {
  const keys = JSON.stringify([...piecesNear(name)].map(keyOfPiece))
  const sharing = reader.iterate<NamedPackage>(
    `select p.owner, p.name, p.versions from package p
     where p.id in (select package from package_piece where key in (select value from json_each(?1)))
       and p.hive = ?2 and p.name <> ?3 and abs(length(p.name) - length(?3)) <= 2`,
    keys,
    hive,
    name,
  )
  const near: NamedPackage[] = []
  for (const each of sharing) if (nearnessOfNames(name, each.name) !== undefined) near.push(each)
  return near.toSorted((a, b) => b.versions - a.versions || (a.name < b.name ? -1 : 1)).slice(0, maxNear)
}

/** 48 bits of a hash: a collision only makes one name more to compare. */
function keyOfPiece(piece: string): number {
  return Number.parseInt(hash('sha256', piece).slice(0, 12), 16)
}
