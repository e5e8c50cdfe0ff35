"""Makes a Feast repository whose online store, Redis, holds the rows of a file, written through Feast itself.

    python feast_repository.py FOLDER REDIS_HOST_PORT ROWS.json

ROWS.json: {"service": name, "groups": [{"name", "features": [{"name", "type": "int" | "float"}]}],
"rows": [{"customer": id, feature: value, ...}]}
"""

import json
import pathlib
import sys
from datetime import datetime, timezone

import pandas as pd
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64, String

TYPES = {"int": (Int64, "Int64"), "float": (Float64, "float64")}

folder = pathlib.Path(sys.argv[1])
document = json.loads(pathlib.Path(sys.argv[3]).read_text())
now = datetime.now(timezone.utc)

(folder / "feature_store.yaml").write_text(
    f"""project: peers
provider: local
registry: {folder / "registry.db"}
online_store:
  type: redis
  connection_string: "{sys.argv[2]}"
offline_store:
  type: dask
entity_key_serialization_version: 3
"""
)
store = FeatureStore(repo_path=str(folder))
customer = Entity(name="customer", join_keys=["customer"], value_type=ValueType.STRING)
views, frames = [], []
for group in document["groups"]:
    features = group["features"]
    frame = pd.DataFrame(document["rows"], columns=["customer"] + [feature["name"] for feature in features])
    frame = frame.astype({feature["name"]: TYPES[feature["type"]][1] for feature in features})
    frame["event_timestamp"] = now
    path = folder / f"{group['name']}.parquet"
    frame.to_parquet(path)
    views.append(
        FeatureView(
            name=group["name"],
            entities=[customer],
            schema=[Field(name="customer", dtype=String)]
            + [Field(name=feature["name"], dtype=TYPES[feature["type"]][0]) for feature in features],
            source=FileSource(name=f"{group['name']}_file", path=str(path), timestamp_field="event_timestamp"),
        )
    )
    frames.append(frame)
store.apply([customer, *views, FeatureService(name=document["service"], features=views)])
for view, frame in zip(views, frames):
    store.write_to_online_store(view.name, frame)
