"""Squares the numbers from 1 to 3, each in a job of its own, and adds them up."""
import sys

from toil.common import Toil
from toil.job import Job

needs = {"cores": 1, "memory": "256M", "disk": "1M"}


def square(job, number):
    if number < 0:
        print(f"{number} is negative")
        sys.exit(7)
    job.log(f"{number} squared is {number**2}")
    return number**2


def total(job, numbers):
    return sum(numbers)


def squares(job, numbers):
    each = [job.addChildJobFn(square, number, **needs).rv() for number in numbers]
    return job.addFollowOnJobFn(total, each, **needs).rv()


if __name__ == "__main__":
    parser = Job.Runner.getDefaultArgumentParser()
    parser.add_argument("--numbers", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    with Toil(options) as toil:
        print("the total is", toil.start(Job.wrapJobFn(squares, options.numbers, **needs)))
