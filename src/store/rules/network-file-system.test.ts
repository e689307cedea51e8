import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findMountType, judgeFileSystem } from './network-file-system.ts'

test('network file systems are told by their magic number, signed or not', () => {
  assert.equal(judgeFileSystem(0x6969, undefined), 'nfs')
  assert.equal(judgeFileSystem(0xff534d42, undefined), 'cifs')
  assert.equal(judgeFileSystem(0xff534d42 | 0, undefined), 'cifs')
  assert.equal(judgeFileSystem(0xfe534d42, undefined), 'smb2')
  assert.equal(judgeFileSystem(0x01021997, undefined), '9p')
})

test('local file systems pass', () => {
  const ext4 = 0xef53
  const btrfs = 0x9123683e
  const tmpfs = 0x01021994
  for (const magic of [ext4, btrfs, tmpfs]) assert.equal(judgeFileSystem(magic, 'whatever'), undefined)
})

test('of the file systems served by a process, those that reach over a network are refused', () => {
  const fuse = 0x65735546
  assert.equal(judgeFileSystem(fuse, 'fuse.sshfs'), 'fuse.sshfs')
  assert.equal(judgeFileSystem(fuse, 'fuse.rclone'), 'fuse.rclone')
  assert.equal(judgeFileSystem(fuse, 'fuse.gocryptfs'), undefined)
  assert.equal(judgeFileSystem(fuse, 'fuseblk'), undefined)
  assert.equal(judgeFileSystem(fuse, undefined), undefined)
})

const mounts = [
  '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  '40 22 0:35 / /home/ada/far\\040away rw - fuse.sshfs bob@host: rw',
  '41 22 0:36 / /home rw - xfs /dev/vdb rw',
  'garbage',
  '',
].join('\n')

test('the mount that holds a path is the longest one above it', () => {
  assert.equal(findMountType(mounts, '/var/lib'), 'ext4')
  assert.equal(findMountType(mounts, '/home/ada'), 'xfs')
  assert.equal(findMountType(mounts, '/homes/ada'), 'ext4')
  assert.equal(findMountType(mounts, '/home/ada/far away'), 'fuse.sshfs')
  assert.equal(findMountType(mounts, '/home/ada/far away/home'), 'fuse.sshfs')
})

test('without a mount table there is no type', () => assert.equal(findMountType('', '/home/ada'), undefined))
