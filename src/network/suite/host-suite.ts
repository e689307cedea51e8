import { test } from 'node:test'
import { testAbuse } from './abuse-suite.ts'
import { testChannels } from './channel-suite.ts'
import { testConnections, testExpulsion } from './connection-suite.ts'
import { testGossip, testRouting } from './gossip-suite.ts'
import type { HostWorld, Scene } from './host-world.ts'

/** What every host does, whatever its wire. */
export function testHost(name: string, openWorld: () => Promise<HostWorld>): void {
  const scene: Scene = (title, play) => {
    test(`${name}: ${title}`, async () => {
      await using world = await openWorld()
      await play(world)
    })
  }
  testConnections(scene)
  testExpulsion(scene)
  testChannels(scene)
  testAbuse(scene)
  testGossip(scene)
  testRouting(scene)
}
