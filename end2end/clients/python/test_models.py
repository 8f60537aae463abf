"""G1: both vendors' clients list the models; vectors are for those who make them."""

import anthropic
import openai
import pytest

from stage import ANTHROPIC, INSIDE, OPENAI

EVERYONE = {OPENAI.model(), ANTHROPIC.model(), INSIDE.model()}


def test_g1_openais_client_lists_the_models(openai_client):
    page = openai_client.models.list()
    assert page.object == "list"
    found = {model.id: model for model in page}
    assert EVERYONE <= set(found)
    assert {model.object for model in found.values()} == {"model"}
    assert found[INSIDE.model()].owned_by == "embedded"


def test_g1_openais_client_gets_a_model(openai_client, target):
    assert openai_client.models.retrieve(target.model()).id == target.model()


def test_g1_anthropics_client_lists_the_models(anthropic_client):
    page = anthropic_client.models.list()
    assert EVERYONE <= {model.id for model in page}
    assert {model.type for model in page.data} == {"model"}
    assert all(model.display_name and model.created_at.tzinfo for model in page.data)


def test_g1_anthropics_client_lists_them_in_pages(anthropic_client):
    everyone = [model.id for model in anthropic_client.models.list()]
    page = anthropic_client.models.list(limit=2)
    assert [model.id for model in page.data] == everyone[:2]
    assert page.has_more
    assert [model.id for model in page] == everyone
    after = anthropic_client.models.list(limit=2, after_id=everyone[2])
    assert [model.id for model in after.data] == everyone[3:5]


def test_g1_anthropics_client_gets_a_model(anthropic_client, target):
    model = anthropic_client.models.retrieve(target.model())
    assert (model.id, model.lifecycle) == (target.model(), "active")


def test_g1_a_model_that_is_not_there(openai_client, anthropic_client):
    with pytest.raises(openai.NotFoundError) as raised:
        openai_client.models.retrieve("gone")
    assert (raised.value.code, "gone" in raised.value.message) == ("model_not_found", True)
    with pytest.raises(anthropic.NotFoundError) as raised:
        anthropic_client.models.retrieve("gone")
    assert raised.value.type == "not_found_error"


def test_g1_the_model_inside_makes_no_vectors(openai_client):
    with pytest.raises(openai.NotFoundError) as raised:
        openai_client.embeddings.create(model=INSIDE.model(), input="Hi")
    error = raised.value
    assert INSIDE.model() in error.message and error.param == "model"
    with pytest.raises(openai.NotFoundError):
        openai_client.embeddings.create(model="gone", input="Hi")


def test_g1_an_upstream_on_openais_wire_makes_vectors(openai_client):
    """The mock's say how long each text is, and which it was."""
    answer = openai_client.embeddings.create(model=OPENAI.model(), input=["Hi", "Hello"])
    assert [item.embedding for item in answer.data] == [[2, 0], [5, 1]]
    assert answer.usage.total_tokens > 0


def test_g1_anthropics_wire_has_no_vectors(openai_client):
    with pytest.raises(openai.NotFoundError) as raised:
        openai_client.embeddings.create(model=ANTHROPIC.model(), input="Hi")
    assert raised.value.param == "model"
