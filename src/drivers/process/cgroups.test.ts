import { describe, expect, it } from 'vitest'
import { openCgroups } from './cgroups.ts'

describe('openCgroups', () => {
  it('reports what is not enforced where cgroups are missing, and makes shims without them', () => {
    const cgroups = openCgroups('none', [], '0::/\n')
    expect(cgroups.listsProcesses).toBe(false)
    expect(cgroups.notes.join('\n')).toMatch(/memory limits are not enforced[\s\S]*outlive it[\s\S]*CPU weights/)
    const cgroup = cgroups.make({ memoryMib: 64, vcpus: 1, cpuIsHardLimit: false })
    expect(cgroup.directories).toEqual([])
    expect(cgroup.oomCounts).toBeUndefined()
    expect(cgroup.holdsMemory()).toBe(false)
    expect(cgroup.remove()).toBe(true)
    cgroups.sweep()
    cgroups.close()
  })
})
