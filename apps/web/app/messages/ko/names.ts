import type { Translated } from '../../language';
import type * as en from '../en/names';

export const names: Translated<typeof en.names> = {
  status: {
    pending: '대기',
    uploading: '업로드 중',
    downloading: '다운로드 중',
    processing: '처리 중',
    ready: '준비됨',
    queued: '대기 중',
    running: '실행 중',
    completed: '완료',
    failed: '실패',
    cancelled: '취소됨',
  },
  task: {
    image_classification: '이미지 분류',
    object_detection: '객체 탐지',
    instance_segmentation: '인스턴스 분할',
    keypoint_detection: '키포인트 탐지',
    oriented_detection: '회전 객체 탐지',
    anomaly_detection: '이상 탐지',
    image_captioning: '이미지 캡션',
    text: '텍스트',
  },
  notLabeled: '레이블 없음',
  imagesOnly: '이미지만',
  job: { import: '가져오기', repair: '복구', remove: '파일 삭제' },
  step: {
    unpacking: '{subject} 푸는 중',
    detecting: '형식 감지 중',
    reading: '어노테이션 읽는 중',
    placing: '제자리에 놓는 중',
  },
  layer: {
    boxes: '상자',
    polygons: '다각형',
    obb: '회전 상자',
    masks: '마스크',
    keypoints: '키포인트',
    labels: '이름',
  },
  visibility: { private: '비공개', organization: '조직', public: '공개' },
};
