import type { Driver } from './driver.ts'

/** The driver, with some of its methods replaced. */
export function driverWith<Given extends Driver>(driver: Given, changes: Partial<Driver>): Given {
  return new Proxy(driver, {
    get(target, key) {
      if (Object.hasOwn(changes, key)) return changes[key as keyof Driver]
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
