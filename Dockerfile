FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.txt requirements-build.txt ./
RUN python -m venv /opt/dsar \
 && /opt/dsar/bin/python -m pip install --require-hashes --only-binary :all: -r requirements.txt \
 && python -m pip install --require-hashes --only-binary :all: -r requirements-build.txt
COPY . .
RUN python -m hatchling build -t wheel -d /wheel \
 && /opt/dsar/bin/python -m pip install --no-deps --no-index /wheel/*.whl \
 && /opt/dsar/bin/python -m pip uninstall --yes pip

FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-noto-core fonts-noto-cjk fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /var/lib/dsar --create-home dsar
COPY --from=build /opt/dsar /opt/dsar
ENV PATH=/opt/dsar/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/tmp
USER dsar
WORKDIR /var/lib/dsar
VOLUME /var/lib/dsar
EXPOSE 8000
ENTRYPOINT ["dsar"]
CMD ["--help"]
