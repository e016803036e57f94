#!/usr/bin/python3
"""The steps of the workflow. All three ways run this program, which their image has as `fastq`.

fastq trim READS TRIMMED     cuts low qualities off the ends of reads; prints a row of statistics
fastq kmers TRIMMED...       counts the k-mers of all samples
fastq report KMERS STATS...  prints one table of everything
"""

import array
import itertools
import pathlib
import sys

lowest_quality, shortest_read = 20, 50
k = 15
columns = "sample\treads\tkept\tbases\tbases_kept\tgc_percent\tmean_quality"


def records(path):
    """Names, sequences and qualities."""
    with open(path) as lines:
        while name := lines.readline():
            sequence = lines.readline().rstrip("\n")
            lines.readline()
            yield name.rstrip("\n"), sequence, lines.readline().rstrip("\n")


def trim(reads, trimmed):
    read = kept = bases = bases_kept = gc = quality_sum = 0
    with open(trimmed, "w") as out:
        for name, sequence, quality in records(reads):
            read += 1
            bases += len(sequence)
            end = len(sequence)
            while end > 0 and ord(quality[end - 1]) - 33 < lowest_quality:
                end -= 1
            if end < shortest_read:
                continue
            kept += 1
            bases_kept += end
            gc += sum(base in "GC" for base in sequence[:end])
            quality_sum += sum(map(ord, quality[:end])) - 33 * end
            out.write(f"{name}\n{sequence[:end]}\n+\n{quality[:end]}\n")
    print(pathlib.Path(reads).stem, read, kept, bases, bases_kept, sep="\t", end="\t")
    print(f"{100 * gc / bases_kept:.2f}\t{quality_sum / bases_kept:.2f}")


def kmers(*files):
    # A counter for each of the 4 ** 15 k-mers that there can be: 2 GiB, whatever the reads.
    counts = array.array("H", [0]) * 4**k
    code_of = {base: code for code, base in enumerate("ACGT")}
    distinct = once = 0
    for _, sequence, _ in itertools.chain.from_iterable(map(records, sorted(files))):
        kmer = 0
        for at, base in enumerate(sequence):
            kmer = (kmer << 2 | code_of[base]) % 4**k
            if at < k - 1:
                continue
            seen = counts[kmer]
            distinct += seen == 0
            once += (seen == 0) - (seen == 1)
            if seen < 65_535:
                counts[kmer] = seen + 1
    print(f"k-mers of {k}\t{distinct} distinct\t{once} seen once")


def report(kmers_file, *stats):
    print(columns)
    print("".join(sorted(pathlib.Path(file).read_text() for file in stats)), end="")
    print(pathlib.Path(kmers_file).read_text(), end="")


if __name__ == "__main__":
    {"trim": trim, "kmers": kmers, "report": report}[sys.argv[1]](*sys.argv[2:])
