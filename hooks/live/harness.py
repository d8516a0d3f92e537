"""Runs one snippet inside the sandbox and reports what it claims, finds and draws.

Started as the snippet's own process, with nothing of the engine importable: it gets its orders over a packet socket
and sends one JSON packet for each thing that happens. A packet goes whole or not at all, so claims of forked children
do not mix.
"""

import ast
import gc
import json
import os
import resource
import sys
import types

PACKET = 192 << 10  # bytes; a little less than the kernel's default for a socket
DEEPEST = 16  # lists and dictionaries in each other that a fact may be made of
LARGEST = 1000  # bits of an integer in a fact; Python does not write one of many thousands
EVALUATIONS = 50  # of one claim that are reported; beyond that only one that does not hold


class Channel:
    """The way to the engine; a packet is one JSON object."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        os.set_inheritable(descriptor, False)

    def receive(self) -> dict:
        """Return what comes up to a newline, in however many packets.

        It takes little at a time. For what is large, glibc maps memory, and ever after maps only what is larger still
        (mallopt(3), M_MMAP_THRESHOLD): the snippet would measure that.
        """
        text = b""
        while not text.endswith(b"\n"):
            text += os.read(self.descriptor, 1 << 16) or sys.exit("there was no order")
        return json.loads(text)

    def send(self, **message: object) -> None:
        packet = json.dumps(message, allow_nan=False).encode()
        if len(packet) > PACKET:
            packet = json.dumps({"too_big": next(iter(message)), "size": len(packet), "most": PACKET}).encode()
        try:
            os.write(self.descriptor, packet)
        except OSError as error:
            sys.exit(f"the way on which claims and facts are reported was closed: {error.strerror}")


class Claims:
    """Stands in for the test of every assert: `assert claim(line, test, message), claim.message`."""

    NAME = "__claim__"

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.message = ""
        self.reported: dict[int, int] = {}

    def __call__(self, line: int, held: object, message: object) -> bool:
        self.message = str(message)
        self.reported[line] = self.reported.get(line, 0) + 1
        if not held or self.reported[line] <= EVALUATIONS:
            self.channel.send(claim=line, held=bool(held), message=self.message[:2000])
        return bool(held)


class Recorded(ast.NodeTransformer):
    """Turns each assert into one whose test is recorded.

    It still is an assert on its own line, so a traceback reads as usual.
    """

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        claim = ast.Name(Claims.NAME, ast.Load())
        arguments = [ast.Constant(node.lineno), node.test, node.msg or ast.Constant("")]
        recorded = ast.Assert(ast.Call(claim, arguments, []), ast.Attribute(claim, "message", ast.Load()))
        return ast.copy_location(recorded, node)


def limit(limits: dict[str, int]) -> None:
    """Set what the kernel can hold this process and its children to."""
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def run(path: str, channel: Channel) -> tuple[int, dict]:
    """Run the file as a program; return its exit status and its module's names."""
    module = types.ModuleType("__main__")
    module.__dict__.update({"__file__": path, "__builtins__": __builtins__, Claims.NAME: Claims(channel)})
    sys.modules["__main__"] = module
    sys.argv = [path]
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123  (pathlib would be in every measurement)
            tree = ast.fix_missing_locations(Recorded().visit(ast.parse(file.read(), path)))
        code = compile(tree, path, "exec")
        del tree
        gc.collect()  # what follows may measure this process
        exec(code, module.__dict__)  # noqa: S102  (running it is what this is for)
    except SystemExit as end:
        return status(end), module.__dict__
    except BaseException as error:  # noqa: BLE001  (whatever it is ends the snippet, and is reported)
        report(error, path, channel)
        return 1, module.__dict__
    return 0, module.__dict__


def draw(path: str, measured: dict, channel: Channel) -> int:
    """Call the function `draw` of a snippet that ran elsewhere, with the facts that its parameters name."""
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123  (as in `run`)
            tree = ast.parse(file.read(), path)
        (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "draw")
        tree.body = [function]
        names: dict = {}
        exec(compile(tree, path, "exec"), names)  # noqa: S102  (in the sandbox, as all of a snippet)
        names["draw"](**{argument.arg: measured[argument.arg] for argument in function.args.args})
    except BaseException as error:  # noqa: BLE001  (whatever it is, it is reported)
        report(error, path, channel)
        return 1
    return 0


def status(end: SystemExit) -> int:
    """The exit status that Python gives for a SystemExit."""
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code & 0xFF
    print(end.code, file=sys.stderr)
    return 1


def report(error: BaseException, path: str, channel: Channel) -> None:
    """Print the traceback without the harness's own frame, and tell which line of the snippet it came from."""
    import traceback  # noqa: PLC0415  (only where something failed)

    trace = error.__traceback__.tb_next if error.__traceback__ else None
    traceback.print_exception(type(error), error, trace)
    lines = [frame.lineno for frame in traceback.extract_tb(trace) if frame.filename == path]
    if isinstance(error, SyntaxError):
        lines = [error.lineno]
    channel.send(error=type(error).__name__, text=str(error)[:2000], line=lines[-1] if lines else 1)


def facts(names: list[str], values: dict, channel: Channel) -> None:
    """Send the values of the promised names."""
    for name in names:
        if name not in values:
            channel.send(bad_fact=name, why="the snippet ended without giving this name a value")
            continue
        try:
            channel.send(fact=name, value=plain(values[name]))
        except (TypeError, ValueError) as error:
            channel.send(bad_fact=name, why=str(error))


def plain(value: object, depth: int = 0) -> object:
    """Return the value if it is made of int, float, str, bool, list and dict alone. Raises TypeError or ValueError."""
    if value is None or type(value) in (bool, int, float, str):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{value} is not a number that can be shown")
        if type(value) is int and value.bit_length() > LARGEST:
            raise ValueError(f"an integer of {value.bit_length():,} bits; {LARGEST:,} are the most")
        return value
    if isinstance(value, dict | list | tuple) and depth == DEEPEST:
        raise ValueError(f"it holds itself, or lists in lists more than {DEEPEST} deep")
    if isinstance(value, dict):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    raise TypeError(f"a {type(value).__name__} is not a plain value; make it an int, float, str, bool, list or dict")


def figures(channel: Channel) -> None:
    """Send every figure that is still open."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if not pyplot:
        return
    import io  # noqa: PLC0415  (already there: matplotlib has it)

    for number in pyplot.get_fignums():
        figure = pyplot.figure(number)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        channel.send(figure=drawn.getvalue(), text=figure.get_label())


def usage() -> dict:
    """Processor seconds of this process and its children, and the most that the largest of them had resident, in bytes.

    getrusage(2): ru_maxrss is in KiB.
    """
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {"peak": 1024 * max(one.ru_maxrss for one in both), "cpu": sum(one.ru_utime + one.ru_stime for one in both)}


def main() -> None:
    channel = Channel(int(os.environ.pop("LIVE_CHANNEL")))
    channel.send(ready=os.getpid())
    order = channel.receive()
    sys.path[:0] = order["import_from"]
    os.chdir(order["directory"])
    limit(order["limits"])
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # so that what its commands print comes in order
    if order["draw"] is not None:
        exit_status = draw(order["path"], order["draw"], channel)
        figures(channel)
        sys.exit(exit_status)
    exit_status, values = run(order["path"], channel)
    sys.stdout.flush()
    if exit_status == order["exits"]:
        facts(order["facts"], values, channel)
        figures(channel)
    channel.send(**usage())
    sys.exit(exit_status)


if __name__ == "__main__":
    main()
