import numpy as np
from scipy.sparse import csr_array

from plmscope.proteins.homology.cluster_counts import count_clusters


def test_a_cluster_counts_where_half_its_members_have_it():
    has = csr_array(np.array([[1, 0.3], [0, 0], [0, 0], [5, 0], [1, 0]]))
    clusters = np.array(["A", "A", "A", "B", "B"])
    assert count_clusters(has, clusters).tolist() == [1, 0]
    assert count_clusters(has[:2], clusters[:2]).tolist() == [1, 1]
