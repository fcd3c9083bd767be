# Dateline with the CPU build of torch. The archive lies in the volume /archive.
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE MANIFEST.in constraints.txt ./
COPY index index
COPY rag rag
COPY ui ui
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
# The default build of torch brings gigabytes of CUDA, which a machine without a GPU has no use for.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY constraints.txt /tmp/constraints.txt
RUN pip install --no-cache-dir --index-url "$TORCH_INDEX" torch==2.13.0
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --constraint /tmp/constraints.txt /wheels/*.whl \
    && rm -r /wheels /tmp/constraints.txt
RUN useradd --system --uid 10001 --create-home dateline \
    && install -d -o dateline -g dateline /archive
USER dateline
WORKDIR /home/dateline
ENV DATELINE_ARCHIVE=/archive PYTHONUNBUFFERED=1
VOLUME ["/archive"]
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
ENTRYPOINT ["dateline"]
CMD ["chat", "--host", "0.0.0.0", "--port", "7860"]
