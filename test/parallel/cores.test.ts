import { describe, expect, it, test } from 'vitest'
import { cores, quotaCores, quotaFolders } from '#parallel/cores.js'

describe('quotaCores', () => {
  it.each([
    ['max 100000', Number.POSITIVE_INFINITY],
    ['200000 100000\n', 2],
    ['150000 100000', 2],
    ['20000 100000', 1],
    ['-1\n 100000\n', Number.POSITIVE_INFINITY],
    ['300000\n 100000\n', 3],
    ['', Number.POSITIVE_INFINITY],
    ['200000', Number.POSITIVE_INFINITY],
    ['200000 0', Number.POSITIVE_INFINITY],
    ['nonsense', Number.POSITIVE_INFINITY],
  ])('%j allows %d', (text, expected) => {
    expect(quotaCores(text)).toBe(expected)
  })
})

describe('quotaFolders', () => {
  test('of version 2: the group and all above it', () => {
    expect(quotaFolders('0::/user.slice/job\n')).toEqual(
      expect.arrayContaining([
        '/sys/fs/cgroup/user.slice/job',
        '/sys/fs/cgroup/user.slice',
        '/sys/fs/cgroup',
        '/sys/fs/cgroup/unified/user.slice/job',
      ]),
    )
  })

  test('of version 1: those of the controller cpu, alone or with others', () => {
    const folders = quotaFolders('5:memory:/a\n4:cpu,cpuacct:/docker/1\n1:cpuset:/b\n')
    expect(folders).toEqual(
      expect.arrayContaining([
        '/sys/fs/cgroup/cpu,cpuacct/docker/1',
        '/sys/fs/cgroup/cpu/docker/1',
        '/sys/fs/cgroup/cpu,cpuacct',
        '/sys/fs/cgroup/cpu',
      ]),
    )
    expect(folders.join()).not.toMatch(/memory|cpuset/)
  })

  test.each(['', '\n', 'nonsense', '3:name=systemd:/x'])('of %j: none', (text) => {
    expect(quotaFolders(text)).toEqual([])
  })
})

test('cores is at least 1', () => {
  expect(cores()).toBeGreaterThanOrEqual(1)
})
