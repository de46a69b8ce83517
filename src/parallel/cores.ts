import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path/posix'

const CGROUP = '/sys/fs/cgroup'

/**
 * Cores this process may use: its affinity, and on Linux no more than the processor time that its control groups
 * allow, rounded up. Not every Node version counts the latter.
 */
export function cores(): number {
  return Math.max(1, Math.min(availableParallelism(), quotaOfProcess()))
}

let quota: number | undefined

/** In cores; infinite where there is none, and on systems that have no control groups. */
function quotaOfProcess(): number {
  quota ??= Math.min(Number.POSITIVE_INFINITY, ...quotaFolders(text('/proc/self/cgroup')).map(quotaOfFolder))
  return quota
}

function quotaOfFolder(folder: string): number {
  const max = text(join(folder, 'cpu.max'))
  if (max !== '') return quotaCores(max)
  return quotaCores(`${text(join(folder, 'cpu.cfs_quota_us'))} ${text(join(folder, 'cpu.cfs_period_us'))}`)
}

/** What a file holds; nothing where it is not there or not to be read. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/**
 * The cores that "quota period" allows, as cpu.max of version 2 has it (cgroups(7)) or the two files of version 1 in a
 * row; infinite for "max", for −1, and for what is not two numbers.
 */
export function quotaCores(text: string): number {
  const [quota, period] = text.trim().split(/\s+/).map(Number)
  return quota > 0 && period > 0 ? Math.max(1, Math.ceil(quota / period)) : Number.POSITIVE_INFINITY
}

/**
 * The folders that may hold a limit of a process whose /proc/self/cgroup is `cgroup`, lines of id:controllers:path:
 * version 2 has no controllers there, version 1 one folder for each set of them. Every folder above limits as well, and
 * inside a container the path may begin outside what is mounted: then only the root is there.
 */
export function quotaFolders(cgroup: string): string[] {
  const folders: string[] = []
  for (const line of cgroup.split('\n')) {
    const [, , controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? []
    if (path === undefined) continue
    if (controllers !== '' && !controllers.split(',').includes('cpu')) continue
    const names = controllers === '' ? ['', 'unified'] : [controllers, 'cpu']
    const roots = names.map((name) => join(CGROUP, name))
    for (const root of roots) folders.push(...upwards(path).map((at) => join(root, at)))
  }
  return [...new Set(folders)]
}

/** A path and all above it, without the slash in front: a/b, a, and nothing for the root. */
function upwards(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '')
  return Array.from({ length: parts.length + 1 }, (_, i) => parts.slice(0, parts.length - i).join('/'))
}
