import json
from pathlib import Path
from benchmarks.mutation.mutations import mutants
from benchmarks.mutation.session import chosen
R=Path('.').resolve()
seen=json.load(open('.mutants/seen.json'))
ms=mutants(R/'verify/diagnosis/diagnose.py',R)
m=[x for x in ms if x.line==46][0]
n,t=chosen(m,seen,2.0)
print(len(n),t)
for x in n: print(len(seen[x]['runs']), round(seen[x]['seconds'],3), x[:110])
