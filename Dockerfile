# One image for all services. The command decides what a container does: `folkmoot serve meetings`, or another.

FROM python:3.13-slim-trixie AS build
ENV PIP_CACHE_DIR=/var/cache/pip PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
# pip stays outside the environment that goes into the image.
RUN python3 -m venv --without-pip /opt/folkmoot
COPY requirements-run.lock ./
RUN --mount=type=cache,target=/var/cache/pip \
    pip --python /opt/folkmoot/bin/python3 install --require-hashes --only-binary :all: -r requirements-run.lock
COPY pyproject.toml README.md LICENSE ./
COPY shared shared
COPY services services
RUN --mount=type=cache,target=/var/cache/pip \
    pip --python /opt/folkmoot/bin/python3 install --no-deps .

FROM python:3.13-slim-trixie
# A named volume gets the owner and mode of the directory on which it is first mounted.
RUN groupadd --gid 10001 folkmoot \
 && useradd --uid 10001 --gid 10001 --home-dir /app --no-create-home --shell /usr/sbin/nologin folkmoot \
 && install --directory --owner=10001 --group=10001 --mode=0700 /secrets /ledger /witness
# A service writes nothing to its own file system, so it can be read-only.
ENV PATH=/opt/folkmoot/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=build /opt/folkmoot /opt/folkmoot
WORKDIR /app
COPY scenarios scenarios
USER 10001:10001
EXPOSE 8400 8401
CMD ["folkmoot", "--help"]
