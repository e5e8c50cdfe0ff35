"""Drives the api app with the real Feast client: `npm run test:feast`.

The feature repository below is what a Feast user has already: entities, views and sources. Only the
online store points to Millrace, and nothing else of the client's is replaced.
"""

import datetime as dt
import os
import tempfile
import unittest

import pandas as pd
import requests
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, PushSource, RepoConfig
from feast.errors import (
    FeastEntityDFMissingColumnsError,
    FeastError,
    FeatureNameCollisionError,
    FeatureServiceNotFoundException,
    FeatureViewNotFoundException,
    PushSourceNotFoundException,
    RequestDataNotFoundInEntityRowsException,
)
from feast.infra.online_stores.remote import RemoteOnlineStore
from feast.types import Array, Bool, Bytes, Float64, Int64, String, UnixTimestamp
from feast.value_type import ValueType

API_URL = os.environ["MILLRACE_API_URL"]
NOW = dt.datetime.now(dt.timezone.utc)

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
origin = Entity(name="origin", join_keys=["origin"], value_type=ValueType.STRING)
destination = Entity(name="destination", join_keys=["destination"], value_type=ValueType.STRING)


def pushed(name):
    batch = FileSource(name=f"{name}_batch", path=f"{name}.parquet", timestamp_field="event_timestamp")
    return PushSource(name=name, batch_source=batch)


driver_profile_push = pushed("driver_profile_push")
toll_push = pushed("toll_push")

driver_profile = FeatureView(
    name="driver_profile",
    entities=[driver],
    ttl=dt.timedelta(days=7),
    source=driver_profile_push,
    schema=[
        Field(name="driver_id", dtype=Int64),
        Field(name="logins", dtype=Int64),
        Field(name="rating", dtype=Float64),
        Field(name="tier", dtype=String),
        Field(name="active", dtype=Bool),
        Field(name="joined", dtype=UnixTimestamp),
        Field(name="badge", dtype=Bytes),
        Field(name="zones", dtype=Array(Int64)),
        Field(name="weights", dtype=Array(Float64)),
        Field(name="labels", dtype=Array(String)),
        Field(name="vector", dtype=Array(Float64)),
    ],
)
route_tolls = FeatureView(
    name="route_tolls",
    entities=[origin, destination],
    ttl=dt.timedelta(0),
    source=toll_push,
    schema=[
        Field(name="origin", dtype=String),
        Field(name="destination", dtype=String),
        Field(name="toll", dtype=Float64),
    ],
)
# The client resolves services in its own registry and sends their names.
driver_activity = FeatureService(name="driver_activity", features=[driver_profile[["rating"]]])
nobodys = FeatureService(name="nobodys", features=[driver_profile[["rating"]]])
driver_offers = FeatureService(name="driver_offers", features=[driver_profile[["rating"]]])
# Views that the server does not know.
nobodys_push = pushed("nobodys_push")
nobodys_view = FeatureView(
    name="nobodys_view",
    entities=[driver],
    source=nobodys_push,
    schema=[Field(name="driver_id", dtype=Int64), Field(name="rating", dtype=Float64)],
)


def row(driver_id, **changes):
    cells = {
        "driver_id": driver_id,
        "event_timestamp": NOW,
        "logins": 9007199254740993,
        "rating": 4.0,
        "tier": "gold",
        "active": True,
        "joined": dt.datetime(2020, 9, 13, 12, 26, 40, tzinfo=dt.timezone.utc),
        # The client cannot send bytes (its own JSON encoder refuses them); it can read them.
        "badge": None,
        "zones": [1, 2],
        "weights": [1.0, 2.5],
        "labels": ["a", "b"],
        "vector": [0.5, 1.0, 2.0],
        **changes,
    }
    return pd.DataFrame([cells])


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.store = FeatureStore(
            config=RepoConfig(
                project="millrace",
                provider="local",
                registry=os.path.join(cls.folder.name, "registry.db"),
                # The three lines that docs/feast.md tells a Feast user to change.
                online_store={"type": "remote", "path": API_URL},
                entity_key_serialization_version=3,
            )
        )
        cls.store.apply(
            [
                driver,
                origin,
                destination,
                driver_profile,
                route_tolls,
                driver_activity,
                driver_offers,
                nobodys,
                nobodys_view,
            ]
        )

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def read(self, features, **entities):
        length = len(next(iter(entities.values())))
        rows = [{name: column[i] for name, column in entities.items()} for i in range(length)]
        return self.store.get_online_features(features=features, entity_rows=rows)

    def remote(self, features, entities, **body):
        """What the client's online store does for views that only the server knows."""
        return RemoteOnlineStore().get_online_features(
            self.store.config, features, entities, self.store.registry, "millrace", **body
        )

    def statuses(self, response, name):
        names = list(response.metadata.feature_names.val)
        return list(response.results[names.index(name)].statuses)

    def test_every_pushed_type_reads_back(self):
        self.store.push("driver_profile_push", row(1))
        view = [f"driver_profile:{field.name}" for field in driver_profile.features]
        values = {name: column[0] for name, column in self.read(view, driver_id=[1]).to_dict().items()}
        self.assertEqual(values["logins"], 9007199254740993)
        self.assertIsInstance(values["rating"], float)
        self.assertEqual(values["rating"], 4.0)
        self.assertEqual(values["tier"], "gold")
        self.assertIs(values["active"], True)
        self.assertEqual(values["joined"], 1_600_000_000)
        self.assertEqual(values["zones"], [1, 2])
        self.assertEqual(values["weights"], [1.0, 2.5])
        self.assertEqual(values["labels"], ["a", "b"])
        self.assertEqual(values["vector"], [0.5, 1.0, 2.0])

    def test_the_ends_of_every_type_read_back(self):
        ends = {
            "logins": [-(2**63), 2**63 - 1, 0],
            "rating": [-1e308, 5e-324, -0.5],
            "tier": ["", "ä\u2028\U0001f697", "null"],
            "active": [False, True, False],
            "zones": [[-(2**63), 2**63 - 1], [0], [7]],
            "labels": [[""], ["\u00e9", "|"], ["a"]],
            "joined": [dt.datetime(1969, 12, 31, tzinfo=dt.timezone.utc)] * 3,
        }
        for i in range(3):
            self.store.push("driver_profile_push", row(20 + i, **{name: cells[i] for name, cells in ends.items()}))
        values = self.read([f"driver_profile:{name}" for name in ends], driver_id=[20, 21, 22]).to_dict()
        for name, cells in ends.items():
            self.assertEqual(values[name], [-86_400] * 3 if name == "joined" else cells, name)

    def test_every_status_in_one_column(self):
        self.store.push("driver_profile_push", row(30))
        self.store.push("driver_profile_push", row(31, rating=float("nan")))
        self.store.push("driver_profile_push", row(33, event_timestamp=NOW - dt.timedelta(days=7, minutes=1)))
        response = self.read(["driver_profile:rating"], driver_id=[30, 31, 32, 33])
        self.assertEqual(response.to_dict()["rating"], [4.0, None, None, None])
        # PRESENT, NULL_VALUE, NOT_FOUND, OUTSIDE_MAX_AGE
        self.assertEqual(self.statuses(response.proto, "rating"), [1, 2, 3, 4])
        self.assertEqual(self.statuses(response.proto, "driver_id"), [1, 1, 1, 1])

    def test_an_empty_list_reads_as_null(self):
        self.store.push("driver_profile_push", row(34, zones=[], labels=[]))
        values = self.read(["driver_profile:zones", "driver_profile:labels"], driver_id=[34]).to_dict()
        self.assertEqual((values["zones"], values["labels"]), ([None], [None]))

    def test_a_row_of_the_same_time_corrects(self):
        self.store.push("driver_profile_push", row(35, rating=1.0))
        self.store.push("driver_profile_push", row(35, rating=2.0))
        self.assertEqual(self.read(["driver_profile:rating"], driver_id=[35]).to_dict()["rating"], [2.0])

    def test_a_service_with_variants(self):
        ids = list(range(1000, 1040))
        values = self.read(self.store.get_feature_service("driver_offers"), driver_id=ids).to_dict()
        # The columns of both variants; what the variant of a row does not serve is null.
        self.assertEqual(set(values), {"driver_id", "count_1h", "count_lifetime"})
        served = [(a is not None, b is not None) for a, b in zip(values["count_1h"], values["count_lifetime"])]
        self.assertEqual(set(served), {(True, False), (False, True)})
        again = self.read(self.store.get_feature_service("driver_offers"), driver_id=ids).to_dict()
        self.assertEqual(values, again)

    def test_versions_of_a_view(self):
        for reference in ["driver_trips@v1:count_1h", "driver_trips@latest:count_1h"]:
            self.assertEqual(self.remote([reference], {"driver_id": [7]}).to_dict()["count_1h"], [2])

    def test_a_computed_value_older_than_its_ttl_is_withheld(self):
        response = self.remote(["driver_trips_today:count_lifetime"], {"driver_id": [8]})
        self.assertEqual(response.to_dict()["count_lifetime"], [None])
        self.assertEqual(self.statuses(response.proto, "count_lifetime"), [4])

    def test_health(self):
        health = requests.get(f"{API_URL}/health")
        self.assertEqual((health.status_code, health.content), (200, b""))

    def test_bytes_read_as_base64(self):
        df = {name: [cell] for name, cell in row(8, badge="AAH/").iloc[0].to_dict().items()}
        df = {**df, "event_timestamp": [NOW.isoformat()], "joined": [1_600_000_000]}
        pushed = requests.post(f"{API_URL}/push", json={"push_source_name": "driver_profile_push", "df": df})
        self.assertEqual((pushed.status_code, pushed.content), (200, b""))
        self.assertEqual(self.read(["driver_profile:badge"], driver_id=[8]).to_dict()["badge"], ["AAH/"])

    def test_features_computed_from_events(self):
        response = self.remote(
            ["driver_trips:count_1h", "driver_trips:fare_sum_1h", "driver_trips:meters_last_lifetime"],
            {"driver_id": [7, 404]},
        )
        values = response.to_dict()
        self.assertEqual(values["count_1h"], [2, 0])
        self.assertEqual(values["fare_sum_1h"], [30.0, 0.0])
        self.assertEqual([type(value) for value in values["fare_sum_1h"]], [float, float])
        self.assertEqual(values["meters_last_lifetime"], [9007199254740993, None])
        self.assertEqual(self.statuses(response.proto, "count_1h"), [1, 3])

    def test_a_service_by_name(self):
        values = self.read(self.store.get_feature_service("driver_activity"), driver_id=[7]).to_dict()
        self.assertEqual(values["count_lifetime"], [2])
        self.assertIn("rating", values)

    def test_full_feature_names(self):
        response = self.remote(["driver_trips:count_1h"], {"driver_id": [7]}, full_feature_names=True)
        self.assertEqual(response.to_dict(), {"driver_id": [7], "driver_trips__count_1h": [2]})

    def test_write_to_online_store(self):
        self.store.write_to_online_store("driver_profile", row(2, tier="silver"))
        self.assertEqual(self.read(["driver_profile:tier"], driver_id=[2]).to_dict()["tier"], ["silver"])

    def test_an_older_row_never_overwrites_a_newer_one(self):
        self.store.push("driver_profile_push", row(3, rating=5.0))
        self.store.push("driver_profile_push", row(3, rating=1.0, event_timestamp=NOW - dt.timedelta(hours=1)))
        self.assertEqual(self.read(["driver_profile:rating"], driver_id=[3]).to_dict()["rating"], [5.0])

    def test_nulls(self):
        self.store.push("driver_profile_push", row(4, rating=None, zones=None, tier=None))
        response = self.read(["driver_profile:rating", "driver_profile:zones", "driver_profile:tier"], driver_id=[4])
        values = response.to_dict()
        self.assertEqual((values["rating"], values["zones"]), ([None], [None]))
        # The default that the definition declares stands in for a null.
        self.assertEqual(values["tier"], ["new"])
        self.assertEqual(self.statuses(response.proto, "rating"), [2])

    def test_a_row_older_than_its_ttl_is_withheld(self):
        self.store.push("driver_profile_push", row(5, event_timestamp=NOW - dt.timedelta(days=8)))
        response = self.read(["driver_profile:rating"], driver_id=[5])
        self.assertEqual(response.to_dict()["rating"], [None])
        self.assertEqual(self.statuses(response.proto, "rating"), [4])

    def test_composite_keys(self):
        df = pd.DataFrame(
            [{"origin": "JFK", "destination": "LAX", "event_timestamp": NOW, "toll": 12.0}]
        )
        self.store.push("toll_push", df)
        values = self.read(["route_tolls:toll"], origin=["JFK", "LAX"], destination=["LAX", "JFK"]).to_dict()
        self.assertEqual(values["toll"], [12.0, None])

    def test_a_part_of_a_composite_key_serves_nobody_elses_row(self):
        with self.assertRaises(FeastEntityDFMissingColumnsError):
            self.remote(["route_tolls:toll"], {"origin": ["JFK"]})

    def test_request_data(self):
        values = self.remote(["fare_check:fare_to_mean"], {"driver_id": [7], "fare": [30.0]}).to_dict()
        self.assertEqual(values["fare_to_mean"], [2.0])
        self.assertIsInstance(values["fare"][0], float)
        with self.assertRaises(RequestDataNotFoundInEntityRowsException):
            self.remote(["fare_check:fare_to_mean"], {"driver_id": [7]})

    def test_unknown_names(self):
        with self.assertRaises(FeatureViewNotFoundException) as raised:
            self.remote(["driver_trip:count_1h"], {"driver_id": [7]})
        self.assertIn('did you mean "driver_trips"', str(raised.exception))
        with self.assertRaises(FeatureServiceNotFoundException):
            self.read(self.store.get_feature_service("nobodys"), driver_id=[7])

        with self.assertRaises(FeatureViewNotFoundException) as raised:
            self.remote(["driver_trips:count_1hour"], {"driver_id": [7]})
        self.assertIn('did you mean "count_1h"', str(raised.exception))
        with self.assertRaises(FeatureViewNotFoundException):
            self.remote(["driver_trips@v9:count_1h"], {"driver_id": [7]})
        df = pd.DataFrame([{"driver_id": 1, "rating": 1.0, "event_timestamp": NOW}])
        with self.assertRaises(FeatureViewNotFoundException):
            self.store.write_to_online_store("nobodys_view", df)
        body = {"push_source_name": "nobodys_push", "df": {"driver_id": [1]}}
        refused = requests.post(f"{API_URL}/push", json=body)
        self.assertEqual(refused.status_code, 422)
        self.assertIsInstance(FeastError.from_error_detail(refused.json()), PushSourceNotFoundException)

    def test_every_refusal_is_a_4xx_that_the_client_can_read(self):
        columns = {"driver_id": [1]}
        for path, body in [
            ("/get-online-features", {"features": ["driver_trips:count_1h"]}),
            ("/get-online-features", {"features": [], "entities": columns}),
            ("/get-online-features", {"features": "driver_trips:count_1h", "entities": columns}),
            ("/get-online-features", {"features": ["driver_trips:count_1h"], "entities": {"driver_id": 1}}),
            ("/get-online-features", {"features": ["driver_trips:count_1h"], "entities": {"driver_id": [1.5]}}),
            ("/get-online-features", {"features": ["a:b:c"], "entities": columns, "full_feature_names": "yes"}),
            ("/push", {"push_source_name": "driver_profile_push"}),
            ("/push", {"push_source_name": "driver_profile_push", "df": columns}),
            ("/push", {"push_source_name": "driver_profile_push", "df": columns, "to": "offline"}),
            ("/write-to-online-store", {"feature_view_name": "driver_trips", "df": columns}),
            ("/write-to-online-store", {"df": columns}),
        ]:
            refused = requests.post(f"{API_URL}{path}", json=body)
            self.assertIn(refused.status_code, (400, 404, 422), body)
            self.assertIsInstance(FeastError.from_error_detail(refused.json()), FeastError, body)

    def test_names_that_clash(self):
        with self.assertRaises(FeatureNameCollisionError):
            self.remote(["driver_trips:count_1h", "driver_trips_again:count_1h"], {"driver_id": [7]})

    def test_wrong_rows_are_refused_with_a_reason(self):
        with self.assertRaises(FeastError) as raised:
            self.store.push("driver_profile_push", row(6, vector=[1.0]))
        self.assertIn("vector[0]: expected an array of 3 numbers", str(raised.exception))
        with self.assertRaises(FeastError):
            self.remote(["driver_trips:count_1h"], {"driver_id": ["seven"]})


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)
