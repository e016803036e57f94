/** A driver's report: whether it answers, and which hosts it offers. */
import type { Command } from '../decision.ts'
import { events, nothing } from '../decision.ts'
import type { PassingEvent } from '../events.ts'

export type DriverReport = Extract<PassingEvent, { type: 'driverSeen' }>

export function driverSeen(report: Omit<DriverReport, 'type'>): Command {
  return (state) => {
    const known = state.drivers.get(report.driver)
    const same =
      known?.health.kind === report.health.kind &&
      JSON.stringify(known.health) === JSON.stringify(report.health) &&
      (!report.hosts || JSON.stringify(known.hosts) === JSON.stringify(report.hosts))
    return same ? nothing('nothing changed') : events({ type: 'driverSeen', ...report })
  }
}

/** Whether attempts may have ended on the driver without this server knowing yet. */
export function endsUnread(driver: string, unread: boolean): Command {
  return (state) =>
    (state.drivers.get(driver)?.endsUnread ?? false) === unread
      ? nothing('nothing changed')
      : events({ type: 'endsUnread', driver, unread })
}
