/**
 * File systems whose locks another machine may not see, by the magic number that `statfs` gives on Linux.
 *
 * @see linux/include/uapi/linux/magic.h and statfs(2)
 */
const networkMagic: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x01021997, '9p'],
  [0x5346414f, 'afs'],
  [0x6b414653, 'kafs'],
  [0x73757245, 'coda'],
  [0x564c, 'ncp'],
  [0x00c36400, 'ceph'],
  [0x0bd00bd0, 'lustre'],
  [0x47504653, 'gpfs'],
  [0x786f4256, 'vboxsf'],
  [0x19830326, 'beegfs'],
])

/** Any file system served by a process; what it is, only its mount type says. */
const fuseMagic = 0x65735546

/** Mounts of FUSE that reach over a network, by what stands behind `fuse.`. */
const networkFuse: ReadonlySet<string> = new Set([
  'sshfs',
  'glusterfs',
  'ceph',
  's3fs',
  'rclone',
  'gvfsd-fuse',
  'davfs',
  'davfs2',
  'curlftpfs',
  'smbnetfs',
])

/** The name of a network file system; undefined for a local one. `mountType` is that of the mount table, where there is one. */
export function judgeFileSystem(magic: number, mountType: string | undefined): string | undefined {
  const known = networkMagic.get(magic >>> 0)
  if (known !== undefined) return known
  if (magic >>> 0 !== fuseMagic || mountType === undefined) return undefined
  const fuse = mountType.startsWith('fuse.') ? mountType.slice('fuse.'.length) : mountType
  return networkFuse.has(fuse) ? mountType : undefined
}

/** The type of the mount that holds `path`, from the text of `/proc/self/mountinfo`. @see proc_pid_mountinfo(5) */
export function findMountType(mountinfo: string, path: string): string | undefined {
  let longest = ''
  let type: string | undefined
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ')
    const point = unescapeMount(before?.split(' ')[4] ?? '')
    if (point === '' || after === undefined || !isInside(path, point) || point.length < longest.length) continue
    longest = point
    type = after.split(' ')[0]
  }
  return type
}

function isInside(path: string, point: string): boolean {
  return point === '/' || path === point || path.startsWith(`${point}/`)
}

/** Blanks in a mount point come as octal escapes. */
function unescapeMount(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
