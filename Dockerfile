FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/translate-docs && /opt/translate-docs/bin/pip install --no-cache-dir .

FROM python:3.12-slim-bookworm
LABEL org.opencontainers.image.title="translate-docs" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/translate-docs /opt/translate-docs
# alembic finds its settings in the pyproject.toml of the working directory.
COPY pyproject.toml /app/
COPY migrations /app/migrations
WORKDIR /app
RUN useradd --uid 10001 --create-home translate && install -d -o translate /data /documents
USER translate
ENV PATH=/opt/translate-docs/bin:$PATH \
    TRANSLATE_DOCS_DATABASE_URL=sqlite:////data/translate-docs.sqlite3
VOLUME ["/data"]
ENTRYPOINT ["translate-docs"]
CMD ["--help"]
