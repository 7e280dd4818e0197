async def test_smoke(client):
    r = await client.post("/v1/scoring-runs", json={})
    print(r.text); assert r.status_code == 202
    r = await client.get("/v1/scoring-models"); print(r.text)
    r = await client.get("/v1/scoring-runs"); print(r.text)
