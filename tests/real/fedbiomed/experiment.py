# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The researcher's experiment: two rounds of a linear regression. It stays after the end, as a notebook does."""

from __future__ import annotations

import time

from fedbiomed.common.datamanager import DataManager
from fedbiomed.common.dataset import TabularDataset
from fedbiomed.common.training_plans import FedSGDRegressor
from fedbiomed.researcher.aggregators.fedavg import FedAverage
from fedbiomed.researcher.config import config
from fedbiomed.researcher.federated_workflows import Experiment
from fedbiomed.researcher.requests import Requests


class Plan(FedSGDRegressor):
    """What each node trains."""

    def init_dependencies(self) -> list[str]:
        return ["from fedbiomed.common.dataset import TabularDataset", "from fedbiomed.common.datamanager import DataManager"]

    def training_data(self) -> DataManager:
        return DataManager(dataset=TabularDataset(input_columns=["one", "two"], target_columns=["sum"]))


def main() -> None:
    requests = Requests(config)
    while len(found := requests.search(["sums"])) < 2:
        print("WAITING for nodes:", len(found), flush=True)
        time.sleep(2)
    experiment = Experiment(
        tags=["sums"],
        model_args={"eta0": 0.05, "n_features": 2, "random_state": 1},
        training_plan_class=Plan,
        training_args={"epochs": 1, "loader_args": {"batch_size": 5}},
        round_limit=2,
        aggregator=FedAverage(),
    )
    rounds = experiment.run()
    print("FEDERATED RESULT", rounds, "rounds", len(experiment.aggregated_params()), flush=True)
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main()
