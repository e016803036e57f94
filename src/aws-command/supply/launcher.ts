/**
 * The program `bin/aws` of a supplied directory: a static ELF file of one page, which needs no
 * shell, no libraries and no /proc. It replaces itself by another program (`execve`):
 *
 *     leading[0] leading[1] … argv[1] argv[2] …
 *
 * It passes on only those variables of the environment that begin with one of `kept`, so that what
 * a job sets for its own programs (LD_PRELOAD, NODE_OPTIONS) neither breaks nor changes the
 * command. If the program cannot be started, it says so and ends with 126.
 *
 * The steps are the same on both machines. Registers, x86-64 and arm64:
 *
 *     argc rcx/x1 · argv rsi/x2 · envp rdx/x3 · next to read r8/x4 · next to write r9/x5
 */
import { MachineCode } from './machine-code.ts'

export interface Launch {
  /** The program's absolute path, and the arguments before the user's own. None is empty. */
  readonly leading: readonly string[]
  /** Beginnings of the variables that are passed on, such as `AWS_` or `HOME=`. */
  readonly kept: readonly string[]
}

/** As `process.arch` names them. */
export type LauncherMachine = 'x64' | 'arm64'

export function launcherFor(machine: LauncherMachine, launch: Launch): Buffer {
  const failure = `aws: cannot start ${launch.leading[0]}\n`
  const code = machine === 'x64' ? x64(launch, Buffer.byteLength(failure)) : arm64(launch, Buffer.byteLength(failure))
  code.label('leading').strings(launch.leading)
  code.label('kept').strings(launch.kept)
  code.label('failure').strings([failure])
  return elfFile(machine, code.assemble())
}

function x64({ leading }: Launch, failureLength: number): MachineCode {
  const code = new MachineCode()
  code
    .bytes('48 89 e3') //                mov rbx, rsp
    .bytes('48 8b 0b') //                mov rcx, [rbx]
    .bytes('48 8d 73 08') //             lea rsi, [rbx + 8]
    .bytes('48 8d 54 ce 08') //          lea rdx, [rsi + rcx * 8 + 8]
    .bytes('49 89 d0') //                mov r8, rdx
    .bytes('49 89 d1') //                mov r9, rdx
    .label('next variable')
    .bytes('49 8b 00') //                mov rax, [r8]
    .bytes('49 83 c0 08') //             add r8, 8
    .bytes('48 85 c0') //                test rax, rax
    .jump('74', 'variables done') //     jz
    .leaOf('48 8d 3d', 'kept') //        lea rdi, kept
    .label('next prefix')
    .bytes('80 3f 00') //                cmp byte [rdi], 0
    .jump('74', 'next variable') //      je
    .bytes('49 89 c2') //                mov r10, rax
    .label('compare')
    .bytes('44 8a 1f') //                mov r11b, [rdi]
    .bytes('45 84 db') //                test r11b, r11b
    .jump('74', 'keep') //               jz
    .bytes('45 3a 1a') //                cmp r11b, [r10]
    .jump('75', 'skip prefix') //        jne
    .bytes('48 ff c7') //                inc rdi
    .bytes('49 ff c2') //                inc r10
    .jump('eb', 'compare')
    .label('skip prefix')
    .bytes('80 3f 00') //                cmp byte [rdi], 0
    .bytes('48 8d 7f 01') //             lea rdi, [rdi + 1]
    .jump('75', 'skip prefix') //        jne
    .jump('eb', 'next prefix')
    .label('keep')
    .bytes('49 89 01') //                mov [r9], rax
    .bytes('49 83 c1 08') //             add r9, 8
    .jump('eb', 'next variable')
    .label('variables done')
    .bytes('49 89 01') //                mov [r9], rax
  return x64Arguments(code, leading.length, failureLength)
}

function x64Arguments(code: MachineCode, leading: number, failureLength: number): MachineCode {
  return code
    .bytes(`48 8d 41 ${hexByte(leading + 2)}`) // lea rax, [rcx + leading + 2]
    .bytes('48 c1 e0 03') //             shl rax, 3
    .bytes('48 29 c4') //                sub rsp, rax
    .bytes('48 83 e4 f0') //             and rsp, -16
    .bytes('49 89 e1') //                mov r9, rsp
    .leaOf('4c 8d 05', 'leading') //     lea r8, leading
    .label('next leading')
    .bytes('41 80 38 00') //             cmp byte [r8], 0
    .jump('74', 'leading done') //       je
    .bytes('4d 89 01') //                mov [r9], r8
    .bytes('49 83 c1 08') //             add r9, 8
    .label('skip leading')
    .bytes('41 80 38 00') //             cmp byte [r8], 0
    .bytes('4d 8d 40 01') //             lea r8, [r8 + 1]
    .jump('75', 'skip leading') //       jne
    .jump('eb', 'next leading')
    .label('leading done')
    .bytes('48 85 c9') //                test rcx, rcx
    .jump('74', 'no arguments') //       jz
    .label('next argument')
    .bytes('48 83 c6 08') //             add rsi, 8
    .bytes('48 8b 06') //                mov rax, [rsi]
    .bytes('49 89 01') //                mov [r9], rax
    .bytes('49 83 c1 08') //             add r9, 8
    .bytes('48 85 c0') //                test rax, rax
    .jump('75', 'next argument') //      jnz
    .jump('eb', 'start')
    .label('no arguments')
    .bytes('49 c7 01 00 00 00 00') //    mov qword [r9], 0
    .label('start')
    .leaOf('48 8d 3d', 'leading') //     lea rdi, leading
    .bytes('48 89 e6') //                mov rsi, rsp
    .bytes('b8 3b 00 00 00') //          mov eax, 59 (execve)
    .bytes('0f 05') //                   syscall
    .bytes('bf 02 00 00 00') //          mov edi, 2
    .leaOf('48 8d 35', 'failure') //     lea rsi, failure
    .bytes(`ba ${hexWord(failureLength)}`) // mov edx, length
    .bytes('b8 01 00 00 00') //          mov eax, 1 (write)
    .bytes('0f 05') //                   syscall
    .bytes('bf 7e 00 00 00') //          mov edi, 126
    .bytes('b8 3c 00 00 00') //          mov eax, 60 (exit)
    .bytes('0f 05') //                   syscall
}

const conditional = { bits: 19, shift: 5 }
const unconditional = { bits: 26, shift: 0 }

function arm64({ leading }: Launch, failureLength: number): MachineCode {
  const code = new MachineCode()
  code
    .word(0x910003f3) //                 mov x19, sp
    .word(0xf9400261) //                 ldr x1, [x19]
    .word(0x91002262) //                 add x2, x19, #8
    .word(0x8b010c43) //                 add x3, x2, x1, lsl #3
    .word(0x91002063) //                 add x3, x3, #8
    .word(0xaa0303e4) //                 mov x4, x3
    .word(0xaa0303e5) //                 mov x5, x3
    .label('next variable')
    .word(0xf8408486) //                 ldr x6, [x4], #8
    .branch(0xb4000006, 'variables done', conditional) // cbz x6
    .adr(7, 'kept')
    .label('next prefix')
    .word(0x394000e8) //                 ldrb w8, [x7]
    .branch(0x34000008, 'next variable', conditional) // cbz w8
    .word(0xaa0603e9) //                 mov x9, x6
    .label('compare')
    .word(0x394000e8) //                 ldrb w8, [x7]
    .branch(0x34000008, 'keep', conditional) // cbz w8
    .word(0x3940012a) //                 ldrb w10, [x9]
    .word(0x6b0a011f) //                 cmp w8, w10
    .branch(0x54000001, 'skip prefix', conditional) // b.ne
    .word(0x910004e7) //                 add x7, x7, #1
    .word(0x91000529) //                 add x9, x9, #1
    .branch(0x14000000, 'compare', unconditional)
    .label('skip prefix')
    .word(0x384014e8) //                 ldrb w8, [x7], #1
    .branch(0x35000008, 'skip prefix', conditional) // cbnz w8
    .branch(0x14000000, 'next prefix', unconditional)
    .label('keep')
    .word(0xf80084a6) //                 str x6, [x5], #8
    .branch(0x14000000, 'next variable', unconditional)
    .label('variables done')
    .word(0xf90000bf) //                 str xzr, [x5]
  return arm64Arguments(code, leading.length, failureLength)
}

function arm64Arguments(code: MachineCode, leading: number, failureLength: number): MachineCode {
  return code
    .word(0x91000026 | ((leading + 2) << 10)) // add x6, x1, #leading + 2
    .word(0xd37df0c6) //                 lsl x6, x6, #3
    .word(0xcb060267) //                 sub x7, x19, x6
    .word(0x927cece7) //                 and x7, x7, #-16
    .word(0x910000ff) //                 mov sp, x7
    .word(0xaa0703e5) //                 mov x5, x7
    .adr(8, 'leading')
    .label('next leading')
    .word(0x39400109) //                 ldrb w9, [x8]
    .branch(0x34000009, 'leading done', conditional) // cbz w9
    .word(0xf80084a8) //                 str x8, [x5], #8
    .label('skip leading')
    .word(0x38401509) //                 ldrb w9, [x8], #1
    .branch(0x35000009, 'skip leading', conditional) // cbnz w9
    .branch(0x14000000, 'next leading', unconditional)
    .label('leading done')
    .branch(0xb4000001, 'no arguments', conditional) // cbz x1
    .label('next argument')
    .word(0xf8408c46) //                 ldr x6, [x2, #8]!
    .word(0xf80084a6) //                 str x6, [x5], #8
    .branch(0xb5000006, 'next argument', conditional) // cbnz x6
    .branch(0x14000000, 'start', unconditional)
    .label('no arguments')
    .word(0xf90000bf) //                 str xzr, [x5]
    .label('start')
    .adr(0, 'leading')
    .word(0x910003e1) //                 mov x1, sp
    .word(0xaa0303e2) //                 mov x2, x3
    .word(0xd2801ba8) //                 mov x8, #221 (execve)
    .word(0xd4000001) //                 svc #0
    .word(0xd2800040) //                 mov x0, #2
    .adr(1, 'failure')
    .word(0xd2800002 | (failureLength << 5)) // mov x2, #length
    .word(0xd2800808) //                 mov x8, #64 (write)
    .word(0xd4000001) //                 svc #0
    .word(0xd2800fc0) //                 mov x0, #126
    .word(0xd2800ba8) //                 mov x8, #93 (exit)
    .word(0xd4000001) //                 svc #0
}

function hexByte(value: number): string {
  return Buffer.of(value).toString('hex')
}

function hexWord(value: number): string {
  const word = Buffer.alloc(4)
  word.writeUInt32LE(value)
  return word.toString('hex')
}

/** `e_machine` of an ELF file. */
const elfMachine = { x64: 0x3e, arm64: 0xb7 } as const
const loadedAt = 0x400000n
const headerBytes = 64
const programHeaderBytes = 56

/** An executable file whose only segment, of code and strings, is not writable. */
function elfFile(machine: LauncherMachine, code: Buffer): Buffer {
  const before = headerBytes + 2 * programHeaderBytes
  const header = Buffer.alloc(before)
  Buffer.from('7f454c46020101', 'hex').copy(header) // 64 bits, little-endian, version 1
  header.writeUInt16LE(2, 16) // ET_EXEC
  header.writeUInt16LE(elfMachine[machine], 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(loadedAt + BigInt(before), 24) // e_entry
  header.writeBigUInt64LE(BigInt(headerBytes), 32) // e_phoff
  header.writeUInt16LE(headerBytes, 52)
  header.writeUInt16LE(programHeaderBytes, 54)
  header.writeUInt16LE(2, 56)
  const size = BigInt(before + code.length)
  const segment = (at: number, type: number, flags: number, address: bigint, bytes: bigint, align: bigint) => {
    header.writeUInt32LE(type, at)
    header.writeUInt32LE(flags, at + 4)
    header.writeBigUInt64LE(address, at + 16)
    header.writeBigUInt64LE(address, at + 24)
    header.writeBigUInt64LE(bytes, at + 32)
    header.writeBigUInt64LE(bytes, at + 40)
    header.writeBigUInt64LE(align, at + 48)
  }
  segment(headerBytes, 1, 5, loadedAt, size, 0x10000n) // PT_LOAD, read and execute
  segment(headerBytes + programHeaderBytes, 0x6474e551, 6, 0n, 0n, 16n) // PT_GNU_STACK, not executable
  return Buffer.concat([header, code])
}
