"""Recomputes every verdict of a result from its stored outcomes, with numpy and nothing of eisc.

    python verify_outcomes.py PIPELINE.eis [LEDGER]

Reads the lock, the result folder and the ledger (eis.ledger.jsonl beside the pipeline). Checks the hash chain, the digests,
that what was tested is what was locked; decides again: cluster means, sign flips, max-T, Holm, shares, equivalences, paired
and rank controls, assays. Prints the verdicts as JSON; exits 1 on any difference from the report.
"""
import hashlib, json, math, sys
from fractions import Fraction
from pathlib import Path
import numpy as np

faults = []

def check(holds, text): faults.extend([] if holds else [text])

def jcs(value):
    """RFC 8785 for what locks and ledgers hold: whole numbers, keys of plain letters."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

def sha(data): return hashlib.sha256(data).hexdigest()
def domain(name, value): return sha(f"eis:{name}\0".encode() + jcs(value))
def philox(k0, k1, c0, c1):
    """Words of the counters (c0, c1, 0, 0), vectorised over c1."""
    mask, m0, m1 = np.uint64(0xFFFFFFFF), np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
    x = [np.full(c1.shape, c0, np.uint64), c1.astype(np.uint64), np.zeros(c1.shape, np.uint64), np.zeros(c1.shape, np.uint64)]
    for _ in range(10):
        p0, p1 = x[0] * m0, x[2] * m1
        x = [(p1 >> np.uint64(32)) ^ x[1] ^ np.uint64(k0), p1 & mask, (p0 >> np.uint64(32)) ^ x[3] ^ np.uint64(k1), p0 & mask]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return x
def flips_of(clusters, count, root, path, enumerate_all):
    """Signs, flips by clusters; flip 0 is the identity."""
    if enumerate_all:
        return 1.0 - 2.0 * ((np.arange(2**clusters)[:, None] >> np.arange(clusters)) & 1)
    key = hashlib.sha256(f"eisc-rng-v1\0{root}\0{path}".encode()).digest()[:8]
    k0, k1 = int.from_bytes(key[:4], "little"), int.from_bytes(key[4:], "little")
    signs = np.ones((count + 1, clusters))
    for g in range(clusters):
        if g % 128 == 0:
            words = philox(k0, k1, g >> 7, np.arange(1, count + 1))
        signs[1:, g] = 1.0 - 2.0 * ((words[(g >> 5) & 3] >> np.uint64(g & 31)) & np.uint64(1)).astype(float)
    return signs
def statistics(signs, x):
    """Studentised sums; infinite where all flipped values are equal."""
    total, sums = len(x) * float(np.sum(x * x)), signs @ x
    rest = total - sums**2
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(rest <= 1e-12 * total, np.sign(sums) * np.inf, sums * np.sqrt((len(x) - 1) / rest))
    return np.where(sums == 0, 0.0, t)
def threshold(t): return t - 1e-9 * max(1.0, abs(t)) if math.isfinite(t) else t

class Family:
    def __init__(self, root, path, flips):
        self.root, self.path, self.flips, self.columns, self.signs = root, path, flips, [], {}
    def column(self, values, above, margin, clusters):
        self.columns.append((np.asarray(values, float) - margin, 1 if above else -1, clusters))
        return ("column", len(self.columns) - 1)
    def statistic(self, index, all_random):
        x, sign, clusters = self.columns[index]
        key = (clusters, all_random or len(x) > 16)
        if key not in self.signs:
            self.signs[key] = flips_of(len(x), self.flips, self.root, f"{self.path}/{clusters}", not key[1])
        return sign * statistics(self.signs[key], x)
    def raw_p(self, index):
        t = self.statistic(index, False)
        return Fraction(int(np.sum(t >= threshold(t[0]))), len(t))
    def joint(self, indices):
        """Step-down max-T."""
        all_random = len({self.columns[i][2] for i in indices}) > 1
        t = {i: self.statistic(i, all_random) for i in indices}
        order = sorted(t, key=lambda i: (-t[i][0], i))
        running, counts = np.full(len(t[order[0]]), -np.inf), {}
        for i in reversed(order):
            running = np.maximum(running, t[i])
            counts[i] = int(np.sum(running >= threshold(t[i][0])))
        return {i: Fraction(max(counts[j] for j in order[: rank + 1]), len(running)) for rank, i in enumerate(order)}

def evaluate(formula, p, raw):
    """`every`: the largest p. `any`: the smallest, times the number of alternatives where p are raw."""
    if formula[0] == "column":
        return p(formula[1])
    values = [evaluate(one, p, raw) for one in formula[1]]
    return max(values) if formula[0] == "every" else min(Fraction(1), min(values) * (len(values) if raw else 1))
def columns_of(formula): return [formula[1]] if formula[0] == "column" else [c for one in formula[1] for c in columns_of(one)]
def any_of(formulas): return ("any", [one for f in formulas for one in (f[1] if f[0] == "any" else [f])])

class Outcomes:
    def __init__(self, folder):
        self.rows, self.clusters, self.lists = {}, {}, {}
        for index in sorted(folder.glob("*.json")):
            facts, data = json.loads(index.read_text()), np.load(index.with_suffix(".npy"))
            name = facts["name"]
            self.clusters[name] = np.array([item["cluster"] for item in facts["items"]])
            self.lists[name] = ("replicate" if name.startswith("control-") else name) + f":{len(facts['clusters'])}"
            for i, part in enumerate(facts["parts"]):
                self.rows[name, part["id"]] = data[i]
    def mean(self, table, part):
        of, values = self.clusters[table], self.rows[table, part]
        return np.bincount(of, values) / np.bincount(of)
    def finite(self, table, parts):
        ids = [one for part in parts for one in (part["x"], part["reference"]) if one is not None]
        return all(np.isfinite(self.rows[table, one]).all() for one in ids)

def part_formulas(family, part, table, outcomes):
    """(support, refute, [reference > 0]) of one conjunct."""
    x, names, above = outcomes.mean(table, part["x"]), outcomes.lists[table], part["direction"] == "above"
    margin, reference = part["margin"], []
    if part["kind"] == "abs-mean":
        beyond = any_of([family.column(x, True, margin, names), family.column(x, False, -margin, names)])
        within = ("every", [family.column(x, False, margin, names), family.column(x, True, -margin, names)])
        return (beyond, within, []) if above else (within, beyond, [])
    if part["kind"] == "share":
        whole = outcomes.mean(table, part["reference"])
        x, margin, reference = x - part["margin"] * whole, 0, [family.column(whole, True, 0, names)]
    return family.column(x, above, margin, names), family.column(x, not above, margin, names), reference
def member_formulas(family, parts, table, outcomes):
    made = [part_formulas(family, part, table, outcomes) for part in parts]
    behaviour = [one for _, _, reference in made for one in reference]
    refute = any_of([one for _, one, _ in made])
    return ("every", [one for one, _, _ in made] + behaviour), ("every", behaviour + [refute])
def scores(parts, table, outcomes):
    """One number per cluster, larger is better; and whether the size of its mean is what counts."""
    part, shares = parts[0], [one for one in parts if one["kind"] == "share"]
    sign = 1 if part["direction"] == "above" else -1
    if len(shares) >= 2:
        middle = sum(one["margin"] for one in shares) / len(shares)
        return -np.abs(outcomes.mean(table, shares[0]["x"]) - middle * outcomes.mean(table, shares[0]["reference"])), False
    x = outcomes.mean(table, part["x"])
    if part["kind"] == "abs-mean":
        return (x, True) if sign == 1 else (-np.abs(x), False)
    return sign * (x - part["margin"] * outcomes.mean(table, part["reference"]) if part["kind"] == "share" else x), False
def statistic(parts, table, outcomes):
    values, size = scores(parts, table, outcomes)
    return (abs if size else float)(float(np.mean(values)))
def state_of(member, table, outcomes):
    """Verdict of a member that needs no test, or None."""
    if not outcomes.finite(table, member["parts"]):
        return "invalid"
    if member["structural"]:
        zero = [p["margin"] > 0 if p["direction"] == "below" else p["kind"] == "mean" and p["margin"] < 0 for p in member["parts"]]
        return "invalid" if all(zero) else "refuted"
    if member["changes"] and all((outcomes.rows[table, one] == 0).all() for one in member["changes"]):
        return "inconclusive"
    return None
def holds_alone(parts_of_members, quantity, method, table, path, basis, family, outcomes):
    """Is a claim that is a family of its own supported (an assay, a replicate under a smoke control)?"""
    members = [{"id": str(i), "parts": parts, "structural": False, "changes": []} for i, parts in enumerate(parts_of_members)]
    claim = {"id": path, "quantity": quantity, "table": table, "members": members, "assay": None}
    alone = {"claims": [claim], "controls": [], "root": basis["root"]}
    return "supported" in decide_family({**family, "method": method, "claims": [path]}, path, alone, outcomes)[0].values()
def replicates_fail(control, claim, member, basis, facts, outcomes):
    """Rank against the largest member of each replicate; where the rank cannot reach the rate, a claim that holds on one."""
    values, rate, more = [], Fraction(facts["rate"]), 0 if control["exhaustive"] else 1
    for one in control["replicates"]:
        reached = [m for m in one["members"] if not m["structural"]] or one["members"]
        own = [statistic(m["parts"], control["table"], outcomes) for m in reached]
        values.append(max(own) if all(map(math.isfinite, own)) else math.inf)
    observed = statistic(member["parts"], claim["table"], outcomes)
    values += [observed] if control["exhaustive"] else []
    if not values or all(value == values[0] for value in values):
        return False  # not informative
    if Fraction(1, len(values) + more) <= rate:
        at_least = sum(value >= threshold(observed) for value in values) + more
        return Fraction(max(1, at_least), len(values) + more) > rate
    return any(holds_alone([m["parts"] for m in one["members"]], claim["quantity"], facts["method"], control["table"],
                           f"smoke/{basis['controls'].index(control)}/{i}", basis, facts, outcomes) for i, one in enumerate(control["replicates"]))

def gates_of(family, claim, member, basis, facts, outcomes):
    """Formulas that must be shown as well, and whether a settled gate failed."""
    formulas, failed, table = [], False, claim["table"]
    for control in basis["controls"]:
        if control["claim"] != claim["id"] or control["waived"] is not None:
            continue
        if control["kind"] != "paired":
            failed |= replicates_fail(control, claim, member, basis, facts, outcomes)
            continue
        if all(state_of(one, table, outcomes) in ("refuted", "inconclusive") for one in control["members"]):
            continue  # structurally zero or never changed anything: not informative
        other, names = next(one["parts"] for one in control["members"] if one["id"] == member["id"]), outcomes.lists[table]
        (own, size), (its, _) = scores(member["parts"], table, outcomes), scores(other, table, outcomes)
        if not outcomes.finite(table, other):
            failed = True
        elif size:  # of two means, a has the larger size where a + b and a - b have the same sign
            both = (own + its, own - its)
            formulas.append(("any", [("every", [family.column(x, s, 0, names) for x in both]) for s in (True, False)]))
        else:
            formulas.append(family.column(own - its, True, 0, names))
    if claim["assay"] is not None:
        failed |= not outcomes.finite(table, claim["assay"]) or not holds_alone(
            [claim["assay"]], "single", "holm", table, f"assay/{basis['claims'].index(claim)}", basis, facts, outcomes)
    return formulas, failed
def decide_family(facts, path, basis, outcomes):
    """Verdicts by id, and adjusted p-values (support, refute) of what was tested."""
    family, rate, one = Family(basis["root"], path, facts["flips"]), Fraction(facts["rate"]), Fraction(1)
    verdicts, units, tested = {}, 0, {}
    for claim in (next(c for c in basis["claims"] if c["id"] == name) for name in facts["claims"]):
        if claim["quantity"] not in ("each", "single") or facts["method"] not in ("max_t", "holm"):
            sys.exit(f"{claim['id']}: {claim['quantity']} under {facts['method']} is not covered here")
        for member in claim["members"]:
            label = claim["id"] if claim["quantity"] == "single" else f"{claim['id']}/{member['id']}"
            verdicts[label] = "invalid" if any(c["state"] == "failed" and claim["id"] in c["claims"] for c in basis.get("checks", [])) else state_of(member, claim["table"], outcomes)
            units += verdicts[label] != "refuted"  # a structural zero costs nothing; all else keeps its place with p = 1
            if verdicts[label] is None:
                formulas = member_formulas(family, member["parts"], claim["table"], outcomes)
                tested[label] = (*formulas, *gates_of(family, claim, member, basis, facts, outcomes))
    raw = facts["method"] == "holm" or units == 1
    columns = sorted({c for s, r, gates, _ in tested.values() for f in (s, r, *gates) for c in columns_of(f)})
    p_of = family.raw_p if raw or not columns else family.joint(columns).__getitem__
    support = {label: evaluate(unit[0], p_of, raw) for label, unit in tested.items()}
    refute = {label: evaluate(unit[1], p_of, raw) for label, unit in tested.items()}
    gated = {label: one if failed else max(support[label], *(evaluate(g, p_of, raw) for g in gates), Fraction(0))
             for label, (_, _, gates, failed) in tested.items()}
    if facts["method"] == "holm":
        support, gated = holm(support, units), holm(gated, units)
        refute = {label: min(one, p * units) for label, p in refute.items()}
    for label, (_, _, gates, failed) in tested.items():
        through = gated[label] <= rate or not (gates or failed)
        open_verdict = "refuted" if refute[label] <= rate else "inconclusive"
        verdicts[label] = open_verdict if support[label] > rate else "supported" if through else "inconclusive"
    return verdicts, {label: (support[label], refute[label]) for label in tested}
def holm(p, count):
    order = sorted(p, key=p.get)
    steps = [min(Fraction(1), p[label] * (count - rank)) for rank, label in enumerate(order)]
    return {label: max(steps[: rank + 1]) for rank, label in enumerate(order)}
def check_ledger(path):
    entries, seen = [json.loads(line) for line in path.read_text().splitlines()], {"0" * 64}
    for entry in entries:
        content = jcs({name: entry[name] for name in ("seq", "prev", "body")})
        check(sha(b"eisc-ledger-v1\n" + content) == entry["hash"], f"entry {entry['seq']}: its hash is wrong")
        check(entry["prev"] in seen, f"entry {entry['seq']}: what it follows is missing")
        seen.add(entry["hash"])
    return entries

def prose_erased(meaning):
    """Of reasons only counts that they are there: what the digest of a meaning is taken of."""
    claims = [{**c, "because": c["because"] is not None, "nil": c["nil"] is not None} for c in meaning["claims"]]
    controls = [{**c, "waived": c["waived"] is not None} for c in meaning["controls"]]
    return {**meaning, "claims": claims, "controls": controls}

def check_lock(lock, basis, report):
    meaning, unsealed = lock["meaning"], {name: value for name, value in lock.items() if name != "seal"}
    check((domain("meaning", prose_erased(meaning)), domain("lock", unsealed)) == (lock["lock"], lock["seal"]), "the lock's digests are wrong")
    check(report["lock"] == lock["lock"] == basis["root"], "the result belongs to another lock")
    check(basis["families"] == meaning["families"], "the families are not those of the lock")
    check([c["id"] for c in basis["claims"]] == [c["name"] for c in meaning["claims"]], "the claims are not those of the lock")
    named = lambda c: (c["claim"], c["name"], c["waived"])
    check(sorted(map(named, basis["controls"]), key=str) == sorted(map(named, meaning["controls"]), key=str), "other controls")
    for claim, locked in zip(basis["claims"], meaning["claims"]):
        check((claim["quantity"], len(claim["members"])) == (locked["quantity"], locked["members"]), f"{claim['id']}: other members")
        check(all([p["name"] for p in m["parts"]] == locked["margins"] for m in claim["members"]), f"{claim['id']}: other margins")
        for p in (part for member in claim["members"] for part in member["parts"]):
            stated = f"{'>' if p['direction'] == 'above' else '<'} {p['marginText']}"
            check(f"{stated} " in p["name"] + " " and float(p["marginText"]) == p["margin"], f"{p['name']}: tested as {stated}")

def check_files(folder, entries, lock, flips, verdicts):
    files = sorted(str(f.relative_to(folder)) for pattern in ("report.json", "outcomes/*", "tables/*") for f in folder.glob(pattern))
    records = [{"path": f, "bytes": (folder / f).stat().st_size, "sha256": sha((folder / f).read_bytes())} for f in files]
    mine = [entry["body"] for entry in entries if entry["body"].get("lock") == lock["lock"]]
    kinds = [body["kind"] for body in mine]
    check(kinds[:2] == ["lock", "open"] and "confirm" in kinds[2:], "the ledger does not hold lock, open and confirm in this order")
    decision = {"flips": flips, "verdicts": [{"id": i, "verdict": v} for i, v in sorted(verdicts.items())]}
    listed = [[r["path"], r["sha256"]] for r in records if r["path"].startswith("outcomes/")]
    for what, name, value in (("evidence",) * 2 + (records,), ("outcome", "outcomes", listed), ("decision",) * 2 + (decision,)):
        check(mine[-1].get(what) == domain(name, value), f"the ledger names another {what}")

def compare(report, verdicts, adjusted):
    for claim in report["claims"]:
        rows = [(claim["id"], claim)] + [(f"{claim['id']}/{m['id']}", m) for m in claim["members"]]
        for label, row in ((one, row) for one, row in rows if row["verdict"] not in ("by-member", "with-claim")):
            check(verdicts.get(label) == row["verdict"], f"{label}: {row['verdict']} in the report, {verdicts.get(label)} here")
            for side, mine in zip(("support", "refute"), adjusted.get(label, ())):
                stated = Fraction(row["adjusted"][side]["c"], row["adjusted"][side]["n"])
                check(stated == mine, f"{label}: p to {side} {stated} in the report, {mine} here")

def main(pipeline, ledger=None):
    folder, lock = Path(pipeline + ".result"), json.loads(Path(pipeline + ".lock").read_text())
    report = json.loads((folder / "report.json").read_text())
    basis, outcomes = report["basis"], Outcomes(folder / "outcomes")
    entries = check_ledger(Path(ledger or folder.with_name("eis.ledger.jsonl")))
    check_lock(lock, basis, report)
    made = [decide_family(family, f"family/{i}", basis, outcomes) for i, family in enumerate(basis["families"])]
    verdicts, adjusted = ({label: value for one in made for label, value in one[side].items()} for side in (0, 1))
    compare(report, verdicts, adjusted)
    check_files(folder, entries, lock, max(f["flips"] for f in basis["families"]), verdicts)
    print(json.dumps({"verdicts": verdicts, "faults": faults}, indent=2))
    sys.exit(1 if faults else 0)

if __name__ == "__main__":
    main(*sys.argv[1:])
