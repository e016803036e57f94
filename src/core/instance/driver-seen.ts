/** A driver's report: whether it answers, and which hosts it offers. */
import { limits } from '../../model/limits.ts'
import type { Command } from '../decision.ts'
import { events, nothing } from '../decision.ts'
import type { DiskSeen, PassingEvent } from '../events.ts'
import type { Host } from '../state/host.ts'

export type DriverReport = Extract<PassingEvent, { type: 'driverSeen' }>

export function driverSeen(report: Omit<DriverReport, 'type'>): Command {
  return (state) => {
    const known = state.drivers.get(report.driver)
    const same =
      known?.health.kind === report.health.kind &&
      JSON.stringify(known.health) === JSON.stringify(report.health) &&
      (!report.hosts || JSON.stringify(known.hosts.map(lasting)) === JSON.stringify(report.hosts.map(lasting)))
    return same ? nothing('nothing changed') : events({ type: 'driverSeen', ...report })
  }
}

/** A change that says nothing as long as much is free. */
const notableMib = 256

/** How much of its disk is free changes all the time, and is told by itself. */
function lasting({ disk, ...host }: Host): object {
  return { ...host, offeredMib: disk?.offeredMib }
}

/** Reports what was seen of a driver's disks, unless the figures are nearly those that are known. */
export function disksSeen(driver: string, disks: readonly DiskSeen[]): Command {
  return (state) => {
    const index = state.drivers.get(driver)?.index
    const isNews = disks.some(({ hostName, freeMib }) => {
      const disk = index?.slot(hostName)?.disk
      if (!disk) return false
      const least = freeMib < limits.scratchTightMib ? 1 : notableMib
      return disk.isStale || Math.abs(freeMib - disk.seenMib) >= least
    })
    return isNews ? events({ type: 'disksSeen', driver, disks }) : nothing('nothing changed')
  }
}

/** Whether attempts may have ended on the driver without this server knowing yet. */
export function endsUnread(driver: string, unread: boolean): Command {
  return (state) =>
    (state.drivers.get(driver)?.endsUnread ?? false) === unread
      ? nothing('nothing changed')
      : events({ type: 'endsUnread', driver, unread })
}
