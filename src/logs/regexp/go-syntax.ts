/**
 * Regular expressions in Go's syntax (RE2), which Docker's awslogs driver accepts:
 * https://pkg.go.dev/regexp/syntax. Unicode classes (`\p{Greek}`) are missing. The syntax has no
 * back-references and no look-around, so it can be matched in linear time.
 */
import { anyCharacter, type CharRanges, inBothCases, negated, newline } from './char-ranges.ts'
import { perlClass, readClass, readEscapedCode } from './go-classes.ts'
import { GoScanner } from './go-scanner.ts'
import { type Assertion, RegexpError, type RegexpNode } from './regexp-node.ts'

interface Flags {
  /** Flag i. */
  readonly anyCase: boolean
  /** Flag m: `^` and `$` match at line ends too. */
  readonly lines: boolean
  /** Flag s: `.` matches a newline. */
  readonly dotAll: boolean
}

const depthMax = 100
const repeatMax = 1000
const noFlags: Flags = { anyCase: false, lines: false, dotAll: false }

/** Throws `RegexpError` if the text is not a valid expression. */
export function parseGoRegexp(source: string): RegexpNode {
  return new Parser(source).parse()
}

class Parser {
  readonly #scanner: GoScanner
  #flags = noFlags
  #depth = 0

  constructor(source: string) {
    this.#scanner = new GoScanner(source)
  }

  parse(): RegexpNode {
    const node = this.#either()
    if (!this.#scanner.isAtEnd) throw new RegexpError('unexpected )')
    return node
  }

  #either(): RegexpNode {
    const parts = [this.#sequence()]
    while (this.#scanner.take('|')) parts.push(this.#sequence())
    return parts.length === 1 ? parts[0]! : { kind: 'either', parts }
  }

  #sequence(): RegexpNode {
    const parts: RegexpNode[] = []
    while (!this.#scanner.isAtEnd && this.#scanner.peek !== '|' && this.#scanner.peek !== ')') {
      if (this.#scanner.take('\\Q')) {
        parts.push(...[...this.#scanner.takeUntil('\\E')].map((char) => this.#literal(char.codePointAt(0)!)))
        continue
      }
      const atom = this.#atom()
      if (atom) parts.push(this.#repeated(atom))
    }
    return { kind: 'sequence', parts }
  }

  /** Undefined for flags, which match nothing by themselves. */
  #atom(): RegexpNode | undefined {
    const char = this.#scanner.next()
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return { kind: 'set', ranges: readClass(this.#scanner, this.#flags.anyCase) }
      case '.':
        return { kind: 'set', ranges: this.#flags.dotAll ? anyCharacter : negated(newline) }
      case '^':
        return { kind: 'assert', what: this.#flags.lines ? 'lineStart' : 'textStart' }
      case '$':
        return { kind: 'assert', what: this.#flags.lines ? 'lineEnd' : 'textEnd' }
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
        throw new RegexpError(`missing argument to repetition operator: ${char}`)
      default:
        return this.#literal(char.codePointAt(0)!)
    }
  }

  #repeated(part: RegexpNode): RegexpNode {
    const counts = this.#counts()
    if (!counts) return part
    // Greedy and lazy repeats differ in length, not in whether there is a match.
    this.#scanner.take('?')
    if (this.#counts()) throw new RegexpError('invalid nested repetition operator')
    return { kind: 'repeat', part, ...counts }
  }

  #counts(): { least: number; most: number } | undefined {
    if (this.#scanner.take('*')) return { least: 0, most: Number.POSITIVE_INFINITY }
    if (this.#scanner.take('+')) return { least: 1, most: Number.POSITIVE_INFINITY }
    if (this.#scanner.take('?')) return { least: 0, most: 1 }
    // A brace that does not count anything stands for itself.
    const match = this.#scanner.takeMatch(/\{(\d+)(?:(,)(\d*))?\}/y)
    if (!match) return undefined
    const least = Number(match[1])
    const most = match[2] === undefined ? least : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3])
    if (most < least || least > repeatMax || (most > repeatMax && most !== Number.POSITIVE_INFINITY))
      throw new RegexpError(`invalid repeat count: ${match[0]}`)
    return { least, most }
  }

  #group(): RegexpNode | undefined {
    if (++this.#depth > depthMax) throw new RegexpError('the expression nests too deeply')
    const outer = this.#flags
    if (this.#scanner.takeMatch(/\?P?<[A-Za-z0-9_]+>/y) === undefined && this.#scanner.take('?')) {
      const match = this.#scanner.takeMatch(/([imsU]*)(?:-([imsU]+))?([:)])/y)
      if (!match) throw new RegexpError('invalid or unsupported Perl syntax: (?')
      this.#flags = changed(outer, match[1]!, match[2] ?? '')
      if (match[3] === ')') {
        // Flags hold to the end of the surrounding group.
        this.#depth--
        return undefined
      }
    }
    const node = this.#either()
    if (!this.#scanner.take(')')) throw new RegexpError('missing closing )')
    this.#depth--
    this.#flags = outer
    return node
  }

  #escape(): RegexpNode {
    const assertion = this.#scanner.isAtEnd ? undefined : assertions[this.#scanner.peek]
    if (assertion) {
      this.#scanner.next()
      return { kind: 'assert', what: assertion }
    }
    const ranges = perlClass(this.#scanner)
    return ranges ? { kind: 'set', ranges } : this.#literal(readEscapedCode(this.#scanner))
  }

  #literal(code: number): RegexpNode {
    const ranges: CharRanges = [[code, code]]
    return { kind: 'set', ranges: this.#flags.anyCase ? inBothCases(ranges) : ranges }
  }
}

const assertions: Readonly<Record<string, Assertion>> = {
  A: 'textStart',
  z: 'textEnd',
  b: 'wordBoundary',
  B: 'noWordBoundary',
}

function changed(flags: Flags, on: string, off: string): Flags {
  const now = (letter: string, before: boolean) => (on.includes(letter) || before) && !off.includes(letter)
  return { anyCase: now('i', flags.anyCase), lines: now('m', flags.lines), dotAll: now('s', flags.dotAll) }
}
