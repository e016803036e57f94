import { giveWay } from '../../ground/pace.ts'
import { longestTimerMs } from '../../ground/timers.ts'
import type { TimeMs } from '../../model/time.ts'

/**
 * The time that a scripted driver lives by: the machine's, or one that a test or a simulation moves
 * by hand.
 */
export interface ScriptedClock {
  now(): TimeMs
  /** Calls `wake` once, not before `atMs`. The returned function cancels the order. */
  at(atMs: TimeMs, wake: () => void): () => void
}

export const realClock: ScriptedClock = {
  now: () => Date.now(),
  at(atMs, wake) {
    let timer: NodeJS.Timeout
    const arm = () => {
      const left = Math.max(0, atMs - Date.now())
      timer = setTimeout(() => (left > longestTimerMs ? arm() : wake()), Math.min(left, longestTimerMs))
    }
    arm()
    return () => clearTimeout(timer)
  },
}

/** A clock that stands still until it is moved. Orders run in the order of their times. */
export interface VirtualClock extends ScriptedClock {
  /**
   * Moves on and carries out every order that is due on the way. Between orders, pending promises
   * run.
   */
  advance(ms: number): Promise<void>
  /** The time of the next order, if there is one. */
  next(): TimeMs | undefined
}

interface Order {
  readonly atMs: TimeMs
  /** Undefined once the order is cancelled. */
  wake: (() => void) | undefined
}

export function createVirtualClock(startMs: TimeMs = 0): VirtualClock {
  let nowMs = startMs
  // Sorted from last to first, so that the next order is at the end.
  const orders: Order[] = []
  const first = () => {
    while (orders.length > 0 && orders.at(-1)!.wake === undefined) orders.pop()
    return orders.at(-1)
  }
  return {
    now: () => nowMs,
    at(atMs, wake) {
      const order: Order = { atMs, wake }
      let low = 0
      let high = orders.length
      while (low < high) {
        const middle = (low + high) >> 1
        if (orders[middle]!.atMs > atMs) low = middle + 1
        else high = middle
      }
      orders.splice(low, 0, order)
      return () => {
        order.wake = undefined
      }
    },
    next: () => first()?.atMs,
    async advance(ms) {
      const untilMs = nowMs + ms
      await giveWay()
      for (let due = first(); due !== undefined && due.atMs <= untilMs; due = first()) {
        orders.pop()
        nowMs = Math.max(nowMs, due.atMs)
        due.wake?.()
        await giveWay()
      }
      nowMs = untilMs
    },
  }
}
