/** A driver's report: whether it answers, and which hosts it offers. */
import { limits } from '../../model/limits.ts'
import type { Command } from '../decision.ts'
import { events, nothing } from '../decision.ts'
import type { DiskSeen, PassingEvent } from '../events.ts'
import type { Host } from '../state/host.ts'
import { type DiskRoom, roomSeen, type Slot } from '../state/host-index.ts'
import type { State } from '../state/state.ts'

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
    const isAwaited = someoneWaits(state)
    const isNews = disks.some((seen) => {
      const slot = index?.slot(seen.hostName)
      return slot?.disk !== undefined && isNewsOf(slot, slot.disk, seen, isAwaited)
    })
    return isNews ? events({ type: 'disksSeen', driver, disks }) : nothing('nothing changed')
  }
}

/** A waiting job may need just what came free, and running ones may have written what they still might. */
function isNewsOf(slot: Slot, known: DiskRoom, { freeMib, written }: DiskSeen, isAwaited: boolean): boolean {
  const roomMib = roomSeen(slot, freeMib, written)
  const isTight = Math.min(freeMib, roomMib) < limits.scratchTightMib
  const changeMib = Math.max(Math.abs(freeMib - known.seenMib), Math.abs(roomMib - known.freeMib))
  return known.isStale || changeMib >= (isAwaited || isTight ? 1 : notableMib)
}

function someoneWaits({ waiting }: State): boolean {
  for (const { lines } of waiting.values()) if (lines.size > 0) return true
  return false
}

/** Whether attempts may have ended on the driver without this server knowing yet. */
export function endsUnread(driver: string, unread: boolean): Command {
  return (state) =>
    (state.drivers.get(driver)?.endsUnread ?? false) === unread
      ? nothing('nothing changed')
      : events({ type: 'endsUnread', driver, unread })
}
