import type { Driver } from './driver.ts'

/** Returns the driver with some methods replaced. Assigning to the result later replaces more. */
export function driverWith<Given extends Driver>(driver: Given, changes: Partial<Driver>): Given {
  const replaced: Record<PropertyKey, unknown> = { ...changes }
  return new Proxy(driver, {
    get(target, key) {
      if (Object.hasOwn(replaced, key)) return replaced[key]
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set(_, key, value) {
      replaced[key] = value
      return true
    },
  })
}
